package io.inmesh.call.engine;

import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallContext;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Cancellable;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterChain;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.model.Cluster;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.resilience.BackOff;
import io.inmesh.resilience.RetryRules;
import io.inmesh.resilience.TimeLimits;
import io.inmesh.telemetry.Edge;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One outbound call. Its own timer task, so that a call without retries allocates little. Confined
 * to the call's serial context, but for {@link #wake}.
 */
final class MeshCall implements OutboundCall, Runnable {
  private enum Phase {
    NEW,
    /** For configuration, or for the first endpoint. */
    WAITING,
    FILTERING,
    ATTEMPTING,
    DELIVERED,
    DONE
  }

  private static final int NOT_FOUND = 404;
  private static final int UNIMPLEMENTED = 12;
  private static final BackOff WAIT_FOR_READY = new BackOff(25_000_000L, 1_000_000_000L);
  private static final String ORIGINAL_PATH = "x-envoy-original-path";

  final MeshEngine engine;
  final RequestHead head;
  final Context context;
  private final CallOptions options;
  private final RequestOptions asked;
  private final CallTransport transport;
  private final long begun;
  private CompiledMesh mesh;
  private Phase phase = Phase.NEW;
  private @Nullable RoutePlan plan;
  private @Nullable ClusterRuntime cluster;
  private RoutePlan.@Nullable Share share;
  private @Nullable FilterRun run;
  private @Nullable Span span;
  private @Nullable MeshAttempt last;
  private @Nullable Cancellable timer;
  private @Nullable Cancellable backOff;

  /** When the call must be over because the caller, or the route's stream duration, says so. */
  private long deadline;

  private final boolean inherited;

  /** When the route's own timeout ends the call. */
  private long routeDeadline = Long.MAX_VALUE;

  private int status;
  private int retries;
  private int waits;
  private boolean permitHeld;
  private boolean bodyConsumed;
  private boolean requestEnded;
  private boolean requestLost;

  MeshCall(
      MeshEngine engine,
      CompiledMesh mesh,
      RequestHead head,
      CallOptions options,
      CallTransport transport,
      Context context) {
    this.engine = engine;
    this.mesh = mesh;
    this.head = head;
    this.options = options;
    RequestOptions said = options.request();
    this.asked = said == null ? RequestOptions.from(context) : said;
    this.transport = transport;
    this.context = context;
    this.begun = engine.clock.nanoTime();
    long own = allowedNanos() > 0 ? begun + allowedNanos() : Long.MAX_VALUE;
    long context0 = CallContext.deadlineNanos(context);
    this.inherited = context0 < own;
    this.deadline = Math.min(own, context0);
  }

  /** What the application allows; 0: no limit. */
  private long allowedNanos() {
    long nanos = options.timeoutNanos();
    Duration timeout = asked.timeout();
    return timeout == null ? nanos : IdleWatch.shorter(nanos, timeout.toNanos());
  }

  @Override
  public void start() {
    if (phase != Phase.NEW) {
      return;
    }
    if (deadline != Long.MAX_VALUE && deadline - begun <= 0) {
      fail(Reason.DEADLINE_EXCEEDED, "the deadline had passed before the call began", null);
      return;
    }
    phase = Phase.WAITING;
    span = engine.spans.call(context, head);
    resolve();
  }

  // ---- finding the service ----

  private void resolve() {
    ServiceRoutes service = mesh.find(head.authority(), head.scheme(), head.kind());
    if (service == null) {
      Resolution found = engine.resolve(mesh, head.authority(), head.scheme(), head.kind());
      service = found.service();
      if (service == null) {
        if (found.unknown()) {
          await();
        } else {
          unknownHost(found.candidates());
        }
        return;
      }
    }
    route(service);
  }

  private void unknownHost(List<String> candidates) {
    MeshNames.Parts parts = MeshNames.Parts.of(head.authority());
    for (String candidate : candidates) {
      String problem = mesh.problems.get(candidate);
      if (problem != null) {
        fail(Reason.NO_SUCH_SERVICE, "its configuration is not valid: " + problem, null);
        return;
      }
    }
    if (engine.names.isMeshName(parts.host())) {
      fail(
          Reason.NO_SUCH_SERVICE,
          "no service '" + head.authority() + "' (looked for " + candidates + ")",
          null);
    } else if (engine.settings.egress() == EgressPolicy.ALLOW_ANY) {
      outside(parts);
    } else {
      fail(
          Reason.EGRESS_DENIED,
          "host '"
              + parts.host()
              + "' is not known to the mesh and the outbound traffic policy is REGISTRY_ONLY",
          null);
    }
  }

  private void outside(MeshNames.Parts parts) {
    boolean secure = head.scheme().equals("https");
    int port = parts.port() != 0 ? parts.port() : secure ? 443 : 80;
    plan = RoutePlan.OUTSIDE;
    cluster = engine.outside(parts.host(), port, secure);
    armDeadlines();
    attempt(false);
  }

  private void await() {
    engine.await(this);
    CompiledMesh newest = engine.mesh();
    if (newest != mesh) {
      // It came in between; look again instead of waiting for the one after.
      engine.forget(this);
      mesh = newest;
      resolve();
      return;
    }
    arm(Math.min(deadline, begun + engine.settings.readyTimeout().toNanos()));
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
              firstAttempt();
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
    long allowed = limits.callNanos(head.kind(), allowedNanos());
    if (allowed != Long.MAX_VALUE) {
      deadline = Math.min(deadline, begun + allowed);
    }
    if (limits.timeoutNanos() > 0) {
      // A replayable request is complete from the start; of a stream this bounds connecting.
      routeDeadline = begun + limits.timeoutNanos();
    }
    armDeadlines();
    if (phase == Phase.DONE) {
      return;
    }
    act(found);
  }

  private void act(RoutePlan found) {
    FilterChain chain = found.chain;
    if (found.shares != null) {
      RoutePlan.Share chosen = found.shares.next(engine.random);
      share = chosen;
      chain = chosen.chain();
    }
    if (chain.isEmpty()) {
      forward();
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
    decided(created.advance());
  }

  private void decided(Step step) {
    if (step instanceof Step.Next) {
      forward();
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
                          decided(Objects.requireNonNull(run).resume(next, failure));
                        }
                      }));
    }
  }

  /** The filters let it pass: do what the route says. */
  private void forward() {
    RoutePlan route = Objects.requireNonNull(plan);
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
    }
    if (route.host != null) {
      head.authority(route.host);
    }
    firstAttempt();
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
              UNIMPLEMENTED,
              List.of(Map.entry("location", location)),
              "",
              null));
    } else {
      respond(NOT_FOUND, "the route does not forward", Reason.NO_ROUTE);
    }
  }

  private void firstAttempt() {
    RoutePlan route = Objects.requireNonNull(plan);
    String name = Objects.requireNonNull(share).cluster();
    ClusterRuntime chosen = mesh.clusters.get(name);
    if (chosen == null) {
      respond(
          route.clusterNotFoundStatus, "cluster '" + name + "' does not exist", Reason.NO_CLUSTER);
      return;
    }
    if (last == null) {
      List<Cluster.Drop> drops = chosen.model.drops();
      for (int i = 0; i < drops.size(); i++) {
        Cluster.Drop drop = drops.get(i);
        if (engine.random.nextInt(drop.fraction().denominator()) < drop.fraction().numerator()) {
          cluster = chosen;
          fail(Reason.DROPPED, "dropped by the control plane (" + drop.category() + ")", null);
          return;
        }
      }
    }
    if (asked.waitForReady() && chosen.balancer().isEmpty()) {
      phase = Phase.WAITING;
      engine.await(this);
      CompiledMesh newest = engine.mesh();
      if (newest != mesh) {
        engine.forget(this);
        mesh = newest;
        firstAttempt();
      }
      return;
    }
    cluster = chosen;
    attempt(false);
  }

  /**
   * Tries.
   *
   * @param permit whether this holds one of the cluster's retry permits
   */
  private void attempt(boolean permit) {
    phase = Phase.ATTEMPTING;
    int number = last == null ? 1 : last.number() + 1;
    MeshAttempt attempt =
        new MeshAttempt(this, Objects.requireNonNull(cluster), number, last, permit);
    last = attempt;
    if (requestEnded || options.replayable()) {
      attempt.armPerTry();
    }
    transport.send(attempt);
  }

  // ---- what attempts report ----

  RoutePlan plan() {
    return Objects.requireNonNull(plan);
  }

  boolean current(MeshAttempt attempt) {
    return attempt == last && (phase == Phase.ATTEMPTING || phase == Phase.DELIVERED);
  }

  /** What is left of the call; {@link Long#MAX_VALUE}: no limit. */
  long remainingNanos() {
    long end = Math.min(deadline, routeDeadline);
    return end == Long.MAX_VALUE ? end : end - engine.clock.nanoTime();
  }

  @Nullable Span span() {
    return span;
  }

  CallTransport transport() {
    return transport;
  }

  void sent() {
    if (!bodyConsumed) {
      bodyConsumed = true;
      if (!options.replayable() && !requestEnded && routeDeadline != Long.MAX_VALUE) {
        // Uploading is not what the route's timeout measures.
        routeDeadline = Long.MAX_VALUE;
        armDeadlines();
      }
    }
  }

  void requestEnd(MeshAttempt attempt) {
    if (requestEnded) {
      return;
    }
    requestEnded = true;
    if (!options.replayable()) {
      long timeout = plan().limits.timeoutNanos();
      if (timeout > 0) {
        routeDeadline = engine.clock.nanoTime() + timeout;
        armDeadlines();
      }
      attempt.armPerTry();
    }
  }

  void responded(MeshAttempt attempt, ResponseHead response) {
    if (phase == Phase.DELIVERED) {
      return;
    }
    RetryRules rules = plan().retry;
    if (rules.response(head.kind(), response)) {
      long delay = retryDelay(true, false);
      if (delay >= 0) {
        attempt.superseded(Outcomes.text(response.status(), response.grpcStatus()), null);
        transport.abandon(attempt);
        retryIn(delay);
        return;
      }
    }
    phase = Phase.DELIVERED;
    status = response.status();
    FilterRun filters = run;
    if (filters != null) {
      filters.response(response);
    }
    transport.deliver(attempt);
  }

  void ended(int grpcStatus) {
    over(status, grpcStatus, null);
  }

  void failed(Failure failure, @Nullable Throwable cause) {
    Reason reason = Outcomes.reason(failure);
    if (phase == Phase.DELIVERED) {
      fail(reason, "the response broke off: " + Outcomes.text(failure, cause), cause);
      return;
    }
    if (failure == Failure.CONNECT && asked.waitForReady() && !bodyConsumed && !requestLost) {
      waitForConnection();
      return;
    }
    RetryRules rules = plan().retry;
    if (rules.failure(failure, head.kind())) {
      boolean implicit = failure.unprocessed() && !rules.configuredFor(failure);
      long delay = retryDelay(implicit && retries == 0, failure.unprocessed());
      if (delay >= 0) {
        retryIn(delay);
        return;
      }
    }
    failAfterAttempts(reason, Outcomes.text(failure, cause), cause);
  }

  void perTryTimedOut(MeshAttempt attempt) {
    attempt.superseded("timed out", Reason.TIMEOUT);
    transport.abandon(attempt);
    if (phase != Phase.DELIVERED && plan().retry.perTryTimeout(head.kind())) {
      long delay = retryDelay(false, !bodyConsumed);
      if (delay >= 0) {
        retryIn(delay);
        return;
      }
    }
    failAfterAttempts(Reason.TIMEOUT, "the attempt timed out", null);
  }

  void idle(MeshAttempt attempt) {
    attempt.superseded("idle", Reason.IDLE_TIMEOUT);
    transport.abandon(attempt);
    if (phase != Phase.DELIVERED
        && plan().retry.perTryIdleNanos() > 0
        && plan().retry.perTryTimeout(head.kind())) {
      long delay = retryDelay(false, !bodyConsumed);
      if (delay >= 0) {
        retryIn(delay);
        return;
      }
    }
    if (phase == Phase.DELIVERED) {
      fail(Reason.IDLE_TIMEOUT, "nothing was sent or received for too long", null);
    } else {
      failAfterAttempts(Reason.IDLE_TIMEOUT, "nothing was sent or received for too long", null);
    }
  }

  void refused(Reason reason, String message) {
    failAfterAttempts(reason, message, null);
  }

  // ---- retries ----

  /** Nanoseconds to wait before a retry; negative: there is none. Takes a permit if there is. */
  private long retryDelay(boolean atOnce, boolean unprocessed) {
    RoutePlan route = plan();
    RetryRules rules = route.retry;
    if (retries >= rules.retries(head.kind())
        || requestLost
        || (bodyConsumed && !options.replayable())
        || !rules.covers(head)) {
      return -1;
    }
    if (!unprocessed && !idempotent() && !rules.nonIdempotentAllowed()) {
      engine.metrics.retryWithheld(edge());
      engine.retryWithheld(route, head);
      return -1;
    }
    long delay = atOnce ? 0 : rules.backOff().delayNanos(retries + 1, engine.random);
    long end = Math.min(deadline, routeDeadline);
    if (end != Long.MAX_VALUE && end - engine.clock.nanoTime() <= delay) {
      return -1;
    }
    ClusterRuntime to = Objects.requireNonNull(cluster);
    boolean high = route.highPriority;
    if (!to.load(high).tryRetry(to.limits(high))) {
      engine.metrics.retryOverBudget(edge());
      return -1;
    }
    engine.metrics.retryScheduled(edge());
    return delay;
  }

  private boolean idempotent() {
    Boolean said = asked.idempotent();
    if (said != null) {
      return said;
    }
    return switch (head.method()) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  private void retryIn(long delayNanos) {
    retries++;
    permitHeld = true;
    backOff =
        transport.schedule(
            delayNanos,
            () -> {
              backOff = null;
              permitHeld = false;
              if (phase == Phase.ATTEMPTING) {
                attempt(true);
              }
            });
  }

  /** Nobody could be reached, and the application said to wait: look again, on newest endpoints. */
  private void waitForConnection() {
    waits++;
    long delay = WAIT_FOR_READY.delayNanos(waits, engine.random);
    backOff =
        transport.schedule(
            delay,
            () -> {
              backOff = null;
              if (phase == Phase.ATTEMPTING) {
                if (plan().shares == null) {
                  attempt(false);
                } else {
                  mesh = engine.mesh();
                  firstAttempt();
                }
              }
            });
  }

  // ---- time ----

  private void armDeadlines() {
    arm(Math.min(deadline, routeDeadline));
  }

  private void arm(long at) {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (at == Long.MAX_VALUE) {
      return;
    }
    timer = transport.schedule(Math.max(0, at - engine.clock.nanoTime()), this);
  }

  /** The timer: the call has run out of time. */
  @Override
  public void run() {
    timer = null;
    if (phase == Phase.DONE) {
      return;
    }
    long now = engine.clock.nanoTime();
    boolean callOver = deadline != Long.MAX_VALUE && deadline - now <= 0;
    if (phase == Phase.WAITING && plan == null) {
      fail(
          Reason.NOT_READY,
          "no configuration for "
              + engine.names.candidates(head.authority(), head.scheme(), head.kind())
              + " arrived within "
              + (now - begun) / 1_000_000
              + " ms; is the control server reachable?",
          null);
      return;
    }
    MeshAttempt attempt = last;
    if (attempt != null && attempt.superseded("timed out", Reason.TIMEOUT)) {
      transport.abandon(attempt);
    }
    Reason reason = callOver && inherited ? Reason.DEADLINE_EXCEEDED : Reason.TIMEOUT;
    String what =
        callOver
            ? (inherited ? "the caller's deadline" : "the call's time limit")
            : "the timeout of the route";
    fail(reason, what + " passed after " + (now - begun) / 1_000_000 + " ms", null);
  }

  @Override
  public long deadlineNanos() {
    return deadline;
  }

  // ---- the end ----

  private void failAfterAttempts(Reason reason, String message, @Nullable Throwable cause) {
    boolean exhausted = retries > 0 && retries >= plan().retry.retries(head.kind());
    fail(
        exhausted ? Reason.RETRIES_EXHAUSTED : reason,
        exhausted ? "retries are used up; last: " + message : message,
        cause);
  }

  private void fail(Reason reason, String message, @Nullable Throwable cause) {
    List<AttemptRecord> history = attempts();
    String where = head.authority().isEmpty() ? "" : head.authority() + ": ";
    over(status, ResponseHead.NO_GRPC_STATUS, reason);
    transport.fail(new MeshException(reason, where + message, history, cause));
  }

  private void respond(int status, String body, @Nullable Reason reason) {
    respond(new LocalReply(status, Outcomes.grpcStatus(status), List.of(), body, reason));
  }

  private void respond(LocalReply reply) {
    LocalReply answer = reply;
    FilterRun filters = run;
    if (filters != null) {
      LocalHead local = new LocalHead(reply);
      filters.response(local);
      answer =
          new LocalReply(
              reply.status(), reply.grpcStatus(), local.fields(), reply.body(), reply.reason());
    }
    boolean grpc = head.kind() == RequestHead.Kind.GRPC;
    over(
        grpc ? 200 : reply.status(),
        grpc ? reply.grpcStatus() : ResponseHead.NO_GRPC_STATUS,
        reply.reason());
    transport.respond(answer);
  }

  private void over(int httpStatus, int grpcStatus, @Nullable Reason reason) {
    done();
    FilterRun filters = run;
    if (filters != null) {
      filters.end(new Ending(httpStatus, grpcStatus, reason));
    }
    int code = httpStatus == 0 && reason != null ? Outcomes.httpStatus(reason) : httpStatus;
    engine.metrics.client(
        edge(), head, code, grpcStatus, reason, engine.clock.nanoTime() - begun, context);
    engine.spans.end(span, httpStatus, grpcStatus, reason, false);
  }

  /** How metrics see where the call went. */
  private Edge edge() {
    ClusterRuntime to = cluster;
    if (to == null) {
      return engine.metrics.toNowhere();
    }
    return to.edge(last == null ? null : last.pickedEndpoint());
  }

  private void done() {
    if (phase == Phase.WAITING) {
      engine.forget(this);
    }
    phase = Phase.DONE;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (backOff != null) {
      backOff.cancel();
      backOff = null;
    }
    if (permitHeld) {
      permitHeld = false;
      releaseRetry();
    }
  }

  /** A retry that was scheduled, or is in flight, is over. */
  void releaseRetry() {
    Objects.requireNonNull(cluster).load(plan().highPriority).retryOver();
  }

  @Override
  public void cancel() {
    if (phase == Phase.DONE) {
      return;
    }
    MeshAttempt attempt = last;
    boolean inFlight = attempt != null && attempt.superseded("cancelled", Reason.CANCELLED);
    over(status, ResponseHead.NO_GRPC_STATUS, Reason.CANCELLED);
    if (inFlight) {
      transport.abandon(Objects.requireNonNull(attempt));
    }
  }

  @Override
  public void notReplayable() {
    requestLost = true;
  }

  @Override
  public @Nullable Route route() {
    return plan == null ? null : plan.route;
  }

  @Override
  public List<AttemptRecord> attempts() {
    if (last == null) {
      return List.of();
    }
    List<AttemptRecord> records = new ArrayList<>(last.number());
    for (MeshAttempt attempt = last; attempt != null; attempt = attempt.previous()) {
      records.add(attempt.record());
    }
    Collections.reverse(records);
    return records;
  }
}
