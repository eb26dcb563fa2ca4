package io.inmesh.telemetry;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Inbound;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.ResponseClass.Meaning;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Request metrics of both sides: OpenTelemetry's and, so that Istio's dashboards and Kiali work
 * unchanged, Istio's. Costs nothing while nobody collects. Thread-safe.
 */
public final class CallMetrics {
  /** More peers than this are reported as unknown: identities come from outside. */
  private static final int MAX_PEERS = 1000;

  private static final List<Double> SECONDS =
      List.of(
          0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
          10.0);
  private static final List<Double> MILLIS =
      List.of(
          0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0,
          30000.0, 60000.0);

  private final DoubleHistogram httpClient;
  private final DoubleHistogram httpServer;
  private final DoubleHistogram rpcClient;
  private final DoubleHistogram rpcServer;
  private final DoubleHistogram istioDuration;
  private final LongCounter istioRequests;
  private final LongCounter retries;
  private final LongCounter hedges;
  private final DoubleHistogram shadows;
  private final LongCounter shadowsDropped;
  private final LongCounter outliers;
  private final LongUpDownCounter ejected;
  private final LongCounter refused;
  private final Workload self;
  private final Service selfService;
  private final Edge unknownDestination;
  private final Edge plainStrangers;
  private final Edge tlsStrangers;
  private final Map<String, Edge> peers = new ConcurrentHashMap<>();

  /**
   * Metrics of one process.
   *
   * @param self its own workload
   * @param selfService its own service, for inbound requests
   */
  public CallMetrics(OpenTelemetry telemetry, Workload self, Service selfService) {
    Meter meter = telemetry.getMeter(InstrumentNames.SCOPE);
    httpClient = histogram(meter, InstrumentNames.HTTP_CLIENT_DURATION, "s", SECONDS);
    httpServer = histogram(meter, InstrumentNames.HTTP_SERVER_DURATION, "s", SECONDS);
    rpcClient = histogram(meter, InstrumentNames.RPC_CLIENT_DURATION, "ms", MILLIS);
    rpcServer = histogram(meter, InstrumentNames.RPC_SERVER_DURATION, "ms", MILLIS);
    istioDuration = histogram(meter, InstrumentNames.ISTIO_DURATION, "", MILLIS);
    istioRequests = meter.counterBuilder(InstrumentNames.ISTIO_REQUESTS).build();
    retries = meter.counterBuilder(InstrumentNames.RETRIES).build();
    hedges = meter.counterBuilder(InstrumentNames.HEDGES).build();
    shadows = histogram(meter, InstrumentNames.SHADOW_DURATION, "s", SECONDS);
    shadowsDropped = meter.counterBuilder(InstrumentNames.SHADOWS_DROPPED).build();
    outliers = meter.counterBuilder(InstrumentNames.OUTLIERS).build();
    ejected = meter.upDownCounterBuilder(InstrumentNames.EJECTED).build();
    refused = meter.counterBuilder(InstrumentNames.CONNECTIONS_REFUSED).build();
    this.self = self;
    this.selfService = selfService;
    unknownDestination = new Edge(true, self, Workload.UNKNOWN, Service.UNKNOWN, "unknown");
    plainStrangers = new Edge(false, Workload.UNKNOWN, self, selfService, "none");
    tlsStrangers = new Edge(false, Workload.UNKNOWN, self, selfService, "none");
  }

  private static DoubleHistogram histogram(
      Meter meter, String name, String unit, List<Double> bounds) {
    return meter
        .histogramBuilder(name)
        .setUnit(unit)
        .setExplicitBucketBoundariesAdvice(bounds)
        .build();
  }

  /** The edge to a service without a known endpoint, or to one. */
  public Edge to(Service service, Workload destination) {
    return new Edge(true, self, destination, service, "unknown");
  }

  /** The edge of calls that led nowhere. */
  public Edge toNowhere() {
    return unknownDestination;
  }

  /** The edge from a peer. */
  public Edge from(Peer peer) {
    SpiffeId identity = peer.identity();
    if (identity == null) {
      return peer.secure() ? tlsStrangers : plainStrangers;
    }
    Edge known = peers.get(identity.toString());
    if (known != null || peers.size() >= MAX_PEERS) {
      return known == null ? tlsStrangers : known;
    }
    return peers.computeIfAbsent(
        identity.toString(),
        id -> new Edge(false, Workload.ofIdentity(id), self, selfService, "mutual_tls"));
  }

  /**
   * An outbound call is over.
   *
   * @param said what an operator says about the response
   */
  public void client(
      Edge edge,
      RequestHead head,
      int status,
      int grpcStatus,
      @Nullable Reason reason,
      Meaning said,
      long nanos,
      Context context) {
    record(edge, head, status, grpcStatus, reason, said, nanos, context, httpClient, rpcClient);
  }

  /** An inbound request is over. */
  public void server(
      Edge edge,
      RequestHead head,
      int status,
      int grpcStatus,
      @Nullable Reason reason,
      long nanos,
      Context context) {
    record(
        edge,
        head,
        status,
        grpcStatus,
        reason,
        Meaning.USUAL,
        nanos,
        context,
        httpServer,
        rpcServer);
  }

  /** An inbound HTTP request was answered before it was read; its method is not known. */
  public void rejected(Edge edge, int status, Reason reason, long nanos) {
    Edge.Outcome outcome =
        edge.outcome(false, "", status, ResponseHead.NO_GRPC_STATUS, reason, Meaning.USUAL);
    istioRequests.add(1, outcome.istio);
    istioDuration.record(nanos / 1e6, outcome.istio);
    httpServer.record(nanos / 1e9, outcome.http);
  }

  private void record(
      Edge edge,
      RequestHead head,
      int status,
      int grpcStatus,
      @Nullable Reason reason,
      Meaning said,
      long nanos,
      Context context,
      DoubleHistogram http,
      DoubleHistogram rpc) {
    boolean grpc = head.kind() == RequestHead.Kind.GRPC;
    boolean istio = istioRequests.isEnabled() || istioDuration.isEnabled();
    if (!istio && !(grpc ? rpc : http).isEnabled()) {
      return;
    }
    double millis = nanos / 1e6;
    Edge.Outcome outcome = edge.outcome(grpc, head.method(), status, grpcStatus, reason, said);
    istioRequests.add(1, outcome.istio, context);
    istioDuration.record(millis, outcome.istio, context);
    if (grpc) {
      rpc.record(millis, edge.rpc(head.path(), grpcStatus, said), context);
    } else {
      http.record(nanos / 1e9, outcome.http, context);
    }
  }

  /** A retry was scheduled. */
  public void retryScheduled(Edge edge) {
    retries.add(1, edge.results().retryScheduled);
  }

  /** A retry was withheld because it could repeat what must not be repeated. */
  public void retryWithheld(Edge edge) {
    retries.add(1, edge.results().retryWithheld);
  }

  /** A retry did not happen because the budget was used up. */
  public void retryOverBudget(Edge edge) {
    retries.add(1, edge.results().retryBudget);
  }

  /** A retry did not happen because there had been as many as the policy allows. */
  public void retryLimit(Edge edge) {
    retries.add(1, edge.results().retryLimit);
  }

  /** A call that was retried is over. */
  public void retried(Edge edge, boolean good) {
    retries.add(1, good ? edge.results().retrySuccess : edge.results().retryFailure);
  }

  /** A hedge was sent. */
  public void hedgeSent(Edge edge) {
    hedges.add(1, edge.results().hedgeSent);
  }

  /** A hedge answered first. */
  public void hedgeWon(Edge edge) {
    hedges.add(1, edge.results().hedgeWon);
  }

  /** A hedge did not happen because a budget was used up. */
  public void hedgeOverBudget(Edge edge) {
    hedges.add(1, edge.results().retryBudget);
  }

  /** A shadow copy is over. */
  public void shadow(Edge edge, int status, int grpcStatus, long nanos) {
    if (shadows.isEnabled()) {
      shadows.record(nanos / 1e9, edge.shadow(status, grpcStatus));
    }
  }

  /** A shadow copy was not sent. */
  public void shadowDropped(Edge edge) {
    shadowsDropped.add(1, edge.results().destination);
  }

  /**
   * A host behaves worse than it should.
   *
   * @param detector what found it
   * @param result what was done about it
   */
  public void outlier(Edge edge, String detector, String result) {
    outliers.add(1, edge.outlier(detector, result));
  }

  /** So many more (or fewer) hosts are ejected now. */
  public void ejected(Edge edge, int change) {
    ejected.add(change, edge.results().destination);
  }

  /** A connection was closed before its first request. */
  public void connectionRefused(int port, Inbound.Refusal why) {
    refused.add(
        1,
        Attributes.of(
            AttributeKey.longKey("port"),
            (long) port,
            AttributeKey.stringKey("reason"),
            why.name().toLowerCase(Locale.ROOT)));
  }
}
