package io.inmesh.server.ads;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ControlPlane;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import io.inmesh.control.ManualClock;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The engine without a network: a store, streams that run at once, and clients that record. */
final class Engine {
  static final String CDS = TypeUrl.CLUSTER;
  static final String EDS = TypeUrl.ENDPOINTS;
  static final String LDS = TypeUrl.LISTENER;
  static final String RDS = TypeUrl.ROUTES;

  final ManualClock clock;
  final ResourceStore store;
  final AdsEnvironment env;
  final ClientRegistry clients;
  Executor pool = Runnable::run;
  StreamAdmission admission = StreamAdmission.ALL;
  private long connections;

  Engine() {
    this(new ManualClock(), AdsLimits.DEFAULT, ViewSelector.DEFAULT);
  }

  Engine(ManualClock clock, AdsLimits limits, ViewSelector views) {
    this(clock, limits, views, OpenTelemetry.noop().getMeter("test"));
  }

  Engine(ManualClock clock, AdsLimits limits, ViewSelector views, Meter meter) {
    this.clock = clock;
    this.store = new ResourceStore(clock);
    this.env =
        new AdsEnvironment(
            store,
            views,
            Absence.PLAIN,
            limits,
            new Allowance(limits.queuedBytes(), clock),
            new AdsMetrics(meter),
            clock,
            ControlPlane.newBuilder().setIdentifier("test").build());
    this.clients = new ClientRegistry(env, clock);
  }

  /** Publishes resources whose content is a number. */
  long put(String typeUrl, String name, int content) {
    return store.publish(
        ResourceBatch.builder()
            .upsert(typeUrl, name, ResourceStore.DEFAULT_VIEW, resource(typeUrl, name, content))
            .build());
  }

  long remove(String typeUrl, String name) {
    return store.publish(
        ResourceBatch.builder().remove(typeUrl, name, ResourceStore.DEFAULT_VIEW).build());
  }

  static Message resource(String typeUrl, String name, int content) {
    return switch (typeUrl) {
      case TypeUrl.CLUSTER ->
          Cluster.newBuilder().setName(name).setAltStatName("" + content).build();
      case TypeUrl.ENDPOINTS ->
          ClusterLoadAssignment.newBuilder()
              .setClusterName(name)
              .putNamedEndpoints(
                  "" + content,
                  io.envoyproxy.envoy.config.endpoint.v3.Endpoint.getDefaultInstance())
              .build();
      case TypeUrl.LISTENER ->
          Listener.newBuilder().setName(name).setStatPrefix("" + content).build();
      case TypeUrl.ROUTES ->
          RouteConfiguration.newBuilder()
              .setName(name)
              .addInternalOnlyHeaders("" + content)
              .build();
      default -> Value.newBuilder().setStringValue(name + "/" + content).build();
    };
  }

  static Node node(String id, ClientKind kind) {
    Node.Builder node = Node.newBuilder().setId(id);
    switch (kind) {
      case INMESH ->
          node.setMetadata(
              Struct.newBuilder()
                  .putFields(
                      ClientKind.VERSION_KEY, Value.newBuilder().setStringValue("0.1").build()));
      case GRPC -> node.setUserAgentName("gRPC Java").setUserAgentVersion("1.85.1");
      case ENVOY -> node.setUserAgentName("envoy");
      case OTHER -> node.setUserAgentName("something");
    }
    return node.build();
  }

  Sotw sotw(ClientKind kind) {
    return new Sotw(kind);
  }

  Delta delta(ClientKind kind) {
    return new Delta(kind);
  }

  /** What the engine did to one stream. */
  static final class Recorder implements AdsOutbound {
    final List<byte[]> responses = new ArrayList<>();
    boolean ready = true;
    // Whether the transport is full after each response.
    boolean fills;
    int requested;
    int taken;
    @Nullable Status closed;

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void send(ResponseBytes response) {
      if (closed != null) {
        throw new AssertionError("a response after the end");
      }
      try (ResponseStream stream = new ResponseStream(response)) {
        responses.add(stream.readAllBytes());
        ready &= !fills;
      } catch (java.io.IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void requestNext() {
      requested++;
    }

    @Override
    public void close(Status status) {
      closed = status;
    }
  }

  /** A client of the state-of-the-world variant that does only what it is told. */
  final class Sotw {
    final Recorder out = new Recorder();
    final SotwStream stream;
    private final Node node;
    private boolean introduced;

    Sotw(ClientKind kind) {
      node = node("client-" + (connections + 1), kind);
      stream =
          new SotwStream(
              env,
              ++connections,
              out,
              pool,
              n -> admission.claim(n, io.grpc.Attributes.EMPTY, io.grpc.Context.ROOT),
              clients::remove);
      clients.add(stream, "test");
    }

    void send(DiscoveryRequest.Builder request) {
      if (!introduced) {
        introduced = true;
        request.setNode(node);
      }
      raw(request.build());
    }

    void raw(DiscoveryRequest request) {
      stream.request(new InboundFrame<>(request, Status.OK));
    }

    void subscribe(String typeUrl, String... names) {
      send(DiscoveryRequest.newBuilder().setTypeUrl(typeUrl).addAllResourceNames(List.of(names)));
    }

    void resume(String typeUrl, String version, String... names) {
      send(
          DiscoveryRequest.newBuilder()
              .setTypeUrl(typeUrl)
              .setVersionInfo(version)
              .addAllResourceNames(List.of(names)));
    }

    void ack(DiscoveryResponse response, String... names) {
      send(
          DiscoveryRequest.newBuilder()
              .setTypeUrl(response.getTypeUrl())
              .setVersionInfo(response.getVersionInfo())
              .setResponseNonce(response.getNonce())
              .addAllResourceNames(List.of(names)));
    }

    void nack(DiscoveryResponse response, String why, String... names) {
      send(
          DiscoveryRequest.newBuilder()
              .setTypeUrl(response.getTypeUrl())
              .setResponseNonce(response.getNonce())
              .setErrorDetail(com.google.rpc.Status.newBuilder().setCode(3).setMessage(why))
              .addAllResourceNames(List.of(names)));
    }

    /** The responses since the last look. */
    List<DiscoveryResponse> take() {
      List<DiscoveryResponse> news = new ArrayList<>();
      while (out.taken < out.responses.size()) {
        try {
          news.add(DiscoveryResponse.parseFrom(out.responses.get(out.taken++)));
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
      return news;
    }

    /** The only response since the last look. */
    DiscoveryResponse one() {
      List<DiscoveryResponse> news = take();
      if (news.size() != 1) {
        throw new AssertionError("expected one response, not " + news + "; " + out.closed);
      }
      return news.get(0);
    }
  }

  /** A client of the incremental variant that does only what it is told. */
  final class Delta {
    final Recorder out = new Recorder();
    final DeltaStream stream;
    private final Node node;
    private boolean introduced;

    Delta(ClientKind kind) {
      node = node("client-" + (connections + 1), kind);
      stream =
          new DeltaStream(
              env,
              ++connections,
              out,
              pool,
              n -> admission.claim(n, io.grpc.Attributes.EMPTY, io.grpc.Context.ROOT),
              clients::remove);
      clients.add(stream, "test");
    }

    void send(DeltaDiscoveryRequest.Builder request) {
      if (!introduced) {
        introduced = true;
        request.setNode(node);
      }
      stream.request(new InboundFrame<>(request.build(), Status.OK));
    }

    void subscribe(String typeUrl, String... names) {
      send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(typeUrl)
              .addAllResourceNamesSubscribe(List.of(names)));
    }

    void resume(String typeUrl, Map<String, String> versions, String... names) {
      send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(typeUrl)
              .putAllInitialResourceVersions(versions)
              .addAllResourceNamesSubscribe(List.of(names)));
    }

    void unsubscribe(String typeUrl, String... names) {
      send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(typeUrl)
              .addAllResourceNamesUnsubscribe(List.of(names)));
    }

    void ack(DeltaDiscoveryResponse response) {
      send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(response.getTypeUrl())
              .setResponseNonce(response.getNonce()));
    }

    void nack(DeltaDiscoveryResponse response, String why) {
      send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(response.getTypeUrl())
              .setResponseNonce(response.getNonce())
              .setErrorDetail(com.google.rpc.Status.newBuilder().setCode(3).setMessage(why)));
    }

    List<DeltaDiscoveryResponse> take() {
      List<DeltaDiscoveryResponse> news = new ArrayList<>();
      while (out.taken < out.responses.size()) {
        try {
          news.add(DeltaDiscoveryResponse.parseFrom(out.responses.get(out.taken++)));
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
      return news;
    }

    DeltaDiscoveryResponse one() {
      List<DeltaDiscoveryResponse> news = take();
      if (news.size() != 1) {
        throw new AssertionError("expected one response, not " + news + "; " + out.closed);
      }
      return news.get(0);
    }
  }

  /** The names in a response. */
  static List<String> names(DiscoveryResponse response) {
    return response.getResourcesList().stream().map(Engine::nameOf).sorted().toList();
  }

  static List<String> names(DeltaDiscoveryResponse response) {
    return response.getResourcesList().stream().map(r -> r.getName()).sorted().toList();
  }

  /** The names that a response says do not exist. */
  static List<String> missing(DiscoveryResponse response) {
    return response.getResourceErrorsList().stream()
        .map(error -> error.getResourceName().getName())
        .sorted()
        .toList();
  }

  static String nameOf(com.google.protobuf.Any any) {
    try {
      return switch (any.getTypeUrl()) {
        case TypeUrl.CLUSTER -> any.unpack(Cluster.class).getName();
        case TypeUrl.ENDPOINTS -> any.unpack(ClusterLoadAssignment.class).getClusterName();
        case TypeUrl.LISTENER -> any.unpack(Listener.class).getName();
        case TypeUrl.ROUTES -> any.unpack(RouteConfiguration.class).getName();
        default -> Value.parseFrom(any.getValue()).getStringValue().replaceAll("/.*", "");
      };
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
