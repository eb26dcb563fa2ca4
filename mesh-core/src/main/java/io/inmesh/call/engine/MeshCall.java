package io.inmesh.call.engine;

import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallContext;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterChain;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.model.CalledHost;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.ResponseClass.Meaning;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.resilience.TimeLimits;
import io.inmesh.route.WeightedChoice;
import io.inmesh.telemetry.AccessLogEntry;
import io.inmesh.telemetry.AccessLogs;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One outbound call from its beginning to its one end: finds the service, matches the route, runs
 * the filters, and answers itself or has it tried. Confined to the call's serial context, but for
 * {@link #wake} and {@link #callerGone}.
 */
final class MeshCall extends CallAttempts {
  private static final int NOT_FOUND = 404;
  private static final String ORIGINAL_PATH = "x-envoy-original-path";

  private CompiledMesh mesh;
  private RoutePlan.@Nullable Share share;
  private @Nullable FilterRun run;

  /** Whether {@link #ORIGINAL_PATH} is this side's own word, not the application's. */
  private boolean rewritten;

  MeshCall(
      MeshEngine engine,
      CompiledMesh mesh,
      RequestHead head,
      CallOptions options,
      RequestOptions asked,
      CallTransport transport,
      Context context) {
    super(engine, head, options, asked, transport, context);
    this.mesh = mesh;
  }

  @Override
  public void start() {
    if (phase != Phase.NEW) {
      return;
    }
    MeshInboundCall inbound = inbound();
    if (inbound != null && !inbound.join(this)) {
      fail(Reason.CANCELLED, "the request it is made for was cancelled", null);
      return;
    }
    if (late()) {
      fail(Reason.DEADLINE_EXCEEDED, "the deadline had passed before the call began", null);
      return;
    }
    if (asked.idempotencyKey() != null) {
      head.headers().set(MeshHeaders.IDEMPOTENCY_KEY, asked.idempotencyKey());
    }
    phase = Phase.WAITING;
    span = engine.spans.call(context, head);
    resolve();
  }

  // ---- finding the service ----

  private void resolve() {
    ServiceRoutes service = mesh.find(head.authority(), head.scheme(), head.kind());
    if (service != null) {
      route(service);
      return;
    }
    ServiceSearch.Result result = ServiceSearch.of(engine, mesh, head);
    if (result instanceof ServiceSearch.Result.Found found) {
      route(found.service());
    } else if (result instanceof ServiceSearch.Result.Refused refused) {
      fail(refused.reason(), refused.message(), null);
    } else if (await()) {
      armReadiness();
    } else if (phase == Phase.WAITING) {
      resolve();
    }
  }

  /**
   * Waits for the next configuration.
   *
   * @return false: it came in between and is pinned now, look again instead of waiting; or the call
   *     has failed because too many wait
   */
  private boolean await() {
    if (!engine.await(this)) {
      fail(Reason.OVERFLOW, "too many calls wait for configuration or endpoints", null);
      return false;
    }
    CompiledMesh newest = engine.mesh();
    if (newest == mesh) {
      return true;
    }
    engine.forget(this);
    mesh = newest;
    return false;
  }

  /** Configuration changed; called on any thread. */
  void wake() {
    transport.execute(
        () -> {
          if (phase == Phase.WAITING) {
            mesh = engine.mesh();
            if (plan == null) {
              resolve();
            } else {
              toCluster();
            }
          }
        });
  }

  // ---- from the route to the first attempt ----

  private void route(ServiceRoutes service) {
    RoutePlan found = service.table.find(head, engine.random);
    if (found == null) {
      String message = "no route of " + service.model.name() + " matches " + head.path();
      respond(NOT_FOUND, message, Reason.NO_ROUTE);
      return;
    }
    plan = found;
    TimeLimits limits = found.limits;
    limit(limits.callNanos(head.kind(), allowedNanos()));
    if (limits.timeoutNanos() > 0) {
      // A request that is not complete yet is given this long to find a connection.
      routeDeadline(begun + limits.timeoutNanos());
    }
    armDeadlines();
    if (phase != Phase.DONE) {
      filter(found);
    }
  }

  private void filter(RoutePlan found) {
    FilterChain chain = found.chain;
    if (found.shares != null) {
      RoutePlan.Share chosen = share(found, found.shares);
      share = chosen;
      chain = chosen.chain();
    }
    if (chain.isEmpty()) {
      act();
      return;
    }
    FilterRun created =
        new FilterRun(
            chain,
            Side.CLIENT,
            head,
            context,
            CallContext.peer(context),
            found.route,
            share == null ? "" : share.cluster());
    run = created;
    phase = Phase.FILTERING;
    filtered(created.advance());
  }

  /** A session goes where its endpoint is, all else by weight. */
  private RoutePlan.Share share(RoutePlan found, WeightedChoice<RoutePlan.Share> shares) {
    SessionRules rules = found.sessions;
    RoutePlan.Share chosen = null;
    if (rules != null) {
      Session session = rules.session(head, engine.epochSeconds());
      session(session);
      chosen = session == null ? null : session.share(shares.items(), mesh.clusters);
    }
    if (chosen == null) {
      chosen = shares.next(engine.random);
    }
    SessionRules own = chosen.sessions();
    if (!Objects.equals(own, rules)) {
      session(own == null ? null : own.session(head, engine.epochSeconds()));
    }
    return chosen;
  }

  private void filtered(Step step) {
    if (step instanceof Step.Next) {
      act();
    } else if (step instanceof Step.Answer answer) {
      respond(answer.reply());
    } else {
      ((Step.Later) step)
          .step()
          .whenComplete(
              (next, failure) ->
                  transport.execute(
                      () -> {
                        if (phase == Phase.FILTERING) {
                          filtered(Objects.requireNonNull(run).resume(next, failure));
                        }
                      }));
    }
  }

  /** The filters let it pass: do what the route says. */
  private void act() {
    RoutePlan route = plan();
    RoutePlan.Share chosen = share;
    if (chosen == null) {
      answer(route);
      return;
    }
    if (chosen.config().fixedStatus() != 0) {
      respond(
          chosen.config().fixedStatus(),
          "backend '" + chosen.cluster() + "' is not valid",
          Reason.NO_CLUSTER);
      return;
    }
    if (route.path != null) {
      String before = head.path();
      head.path(route.path.apply(before));
      head.headers().set(ORIGINAL_PATH, before);
      rewritten = true;
    }
    if (route.host != null) {
      head.authority(route.host);
    }
    toCluster();
  }

  private void answer(RoutePlan route) {
    RouteAction action = route.route.action();
    if (action instanceof RouteAction.DirectResponse direct) {
      respond(direct.status(), direct.body(), null);
    } else if (action instanceof RouteAction.Redirect redirect) {
      String location = Redirects.location(redirect, route.path, head);
      respond(
          new LocalReply(
              redirect.status(),
              GrpcStatus.UNIMPLEMENTED,
              List.of(Map.entry("location", location)),
              "",
              null));
    } else {
      respond(NOT_FOUND, "the route does not forward", Reason.NO_ROUTE);
    }
  }

  private void toCluster() {
    RoutePlan.Share to = Objects.requireNonNull(share);
    String name = to.cluster();
    ClusterRuntime chosen =
        to.undeclared() ? engine.unknownHosts.cluster(name, mesh) : mesh.clusters.get(name);
    if (chosen == null) {
      respond(
          plan().clusterNotFoundStatus, "cluster '" + name + "' does not exist", Reason.NO_CLUSTER);
      return;
    }
    if (last == null && dropped(chosen)) {
      return;
    }
    if (chosen.model.dynamic()) {
      chosen = called(chosen);
      if (chosen == null) {
        return;
      }
    } else if (to.undeclared()) {
      cluster = chosen;
      fail(Reason.EGRESS_DENIED, engine.unknownHosts.refusal(head), null);
      return;
    }
    if (asked.waitForReady() && chosen.balancer().isEmpty()) {
      phase = Phase.WAITING;
      if (!await() && phase == Phase.WAITING) {
        toCluster();
      }
      return;
    }
    cluster = chosen;
    if (last != null) {
      attempt(MeshAttempt.Kind.FIRST);
      return;
    }
    if (!plan().mirrors.isEmpty()) {
      Mirroring.start(this, mesh);
    }
    firstAttempt();
  }

  /** The cluster of the host that the call names; null: it goes on later, or is over. */
  private @Nullable ClusterRuntime called(ClusterRuntime dynamic) {
    CalledHost host = UnknownHosts.called(dynamic.model.name(), head);
    if (host == null) {
      cluster = dynamic;
      fail(Reason.NO_ROUTE, "the call names no host", null);
      return null;
    }
    ClusterRuntime found = engine.called(host, mesh);
    if (found != null) {
      if (phase == Phase.WAITING) {
        armDeadlines();
      }
      return found;
    }
    phase = Phase.WAITING;
    if (await()) {
      armReadiness();
    } else if (phase == Phase.WAITING) {
      toCluster();
    }
    return null;
  }

  @Override
  void lookAgain() {
    mesh = engine.mesh();
    toCluster();
  }

  private boolean dropped(ClusterRuntime chosen) {
    List<Cluster.Drop> drops = chosen.model.drops();
    for (int i = 0; i < drops.size(); i++) {
      Cluster.Drop drop = drops.get(i);
      if (engine.random.nextInt(drop.fraction().denominator()) < drop.fraction().numerator()) {
        cluster = chosen;
        fail(Reason.DROPPED, "dropped by the control plane (" + drop.category() + ")", null);
        return true;
      }
    }
    return false;
  }

  // ---- the end ----

  @Override
  void timeUp(boolean caller, String what, long afterMillis) {
    if (phase == Phase.DONE) {
      return;
    }
    if (phase == Phase.WAITING && plan == null) {
      fail(
          Reason.NOT_READY,
          "no configuration for "
              + engine.names.candidates(head.authority(), head.scheme(), head.kind())
              + " arrived within "
              + afterMillis
              + " ms; is the control server reachable?",
          null);
      return;
    }
    giveUp("timed out", Reason.TIMEOUT);
    fail(
        caller ? Reason.DEADLINE_EXCEEDED : Reason.TIMEOUT,
        what + " passed after " + afterMillis + " ms",
        null);
  }

  @Override
  void fail(Reason reason, String message, @Nullable Throwable cause) {
    List<AttemptRecord> history = attempts();
    String where = head.authority().isEmpty() ? "" : head.authority() + ": ";
    if (retrying != null) {
      retrying.over(false);
    }
    over(status(), ResponseHead.NO_GRPC_STATUS, reason);
    transport.fail(new MeshException(reason, where + message, history, cause));
  }

  private void respond(int status, String body, @Nullable Reason reason) {
    respond(new LocalReply(status, GrpcStatus.ofHttp(status), List.of(), body, reason));
  }

  private void respond(LocalReply reply) {
    LocalReply answer = run == null ? reply : LocalHead.through(run, reply);
    boolean grpc = head.kind() == RequestHead.Kind.GRPC;
    over(
        grpc ? 200 : reply.status(),
        grpc ? reply.grpcStatus() : ResponseHead.NO_GRPC_STATUS,
        reply.reason());
    transport.respond(answer);
  }

  @Override
  void over(int httpStatus, int grpcStatus, @Nullable Reason reason) {
    if (phase == Phase.WAITING) {
      engine.forget(this);
    }
    phase = Phase.DONE;
    disarm();
    stopTrying();
    MeshInboundCall inbound = inbound();
    if (inbound != null) {
      inbound.leave(this);
    }
    FilterRun filters = run;
    if (filters != null) {
      filters.end(new Ending(httpStatus, grpcStatus, reason));
    }
    int code = httpStatus == 0 && reason != null ? Outcomes.httpStatus(reason) : httpStatus;
    Meaning said = reason == null ? meaning(code, grpcStatus) : Meaning.USUAL;
    long nanos = endNanos() - begun;
    engine.metrics.client(edge(), head, code, grpcStatus, reason, said, nanos, context);
    AccessLogs logs = accessLogs();
    if (logs != null) {
      logs.write(entry(code, grpcStatus, reason, nanos), engine.random, engine.accessLog);
    }
    engine.spans.end(span, httpStatus, grpcStatus, reason, false);
  }

  private @Nullable AccessLogs accessLogs() {
    if (plan != null) {
      return plan.accessLogs;
    }
    ServiceRoutes unrouted = mesh.find(head.authority(), head.scheme(), head.kind());
    return unrouted == null ? null : unrouted.accessLogs;
  }

  private AccessLogEntry entry(int status, int grpcStatus, @Nullable Reason reason, long nanos) {
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    Route routed = route();
    Endpoint endpoint = endpoint();
    return new AccessLogEntry(
        head,
        rewritten ? head.headers().get(ORIGINAL_PATH) : null,
        null,
        engine.clock.epochMillis() - millis,
        millis,
        status,
        grpcStatus,
        reason,
        routed == null ? "" : routed.name(),
        cluster == null ? "" : cluster.model.name(),
        endpoint == null ? null : endpoint.address(),
        last == null ? 0 : last.number(),
        (span == null ? Span.fromContext(context) : span).getSpanContext());
  }

  @Override
  public void cancel() {
    leave("cancelled", Reason.CANCELLED);
  }

  @Override
  public void expire() {
    if (phase != Phase.DONE && retrying != null) {
      retrying.over(false);
    }
    leave("timed out", Reason.TIMEOUT);
  }

  /** The application does not wait any more; it is not told what it knows. */
  private void leave(String how, Reason why) {
    if (phase != Phase.DONE) {
      over(status(), ResponseHead.NO_GRPC_STATUS, why);
      giveUp(how, why);
    }
  }

  /** The request that this call is made for was cancelled; called on any thread. */
  void callerGone() {
    transport.execute(
        () -> {
          if (phase != Phase.DONE) {
            giveUp("cancelled", Reason.CANCELLED);
            fail(Reason.CANCELLED, "the request it is made for was cancelled", null);
          }
        });
  }

  @Override
  void responding(ResponseHead response) {
    if (run != null) {
      run.response(response);
    }
  }

  @Override
  public @Nullable Route route() {
    return plan == null ? null : plan.route;
  }
}
