package io.inmesh.call.engine;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.balance.ClusterBalancer;
import io.inmesh.balance.Host;
import io.inmesh.balance.PickRequest;
import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Randomness;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.TlsPolicy;
import io.opentelemetry.api.trace.Span;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One try of a {@link MeshCall}. Its own timer task. Confined to the call's serial context. */
final class MeshAttempt implements Attempt, PickRequest, Runnable {
  /** Whom {@link #admits} lets pass: from the best hosts only to any that can be used. */
  private enum Care {
    FRESH,
    REACHABLE,
    ANY
  }

  /** How many attempts are remembered, about. */
  private static final int HISTORY = 16;

  private final MeshCall call;
  private final ClusterRuntime cluster;
  private final int number;
  private @Nullable MeshAttempt previous;
  private final long started;
  private final boolean retry;
  private @Nullable Host host;
  private @Nullable TlsGeneration tls;
  private Usable usable = Usable.ALL;
  private Care care = Care.FRESH;
  private final @Nullable Span span;
  private int status;
  private int grpc = ResponseHead.NO_GRPC_STATUS;
  private boolean over;
  private boolean headSeen;
  private @Nullable Cancellable perTry;
  private @Nullable IdleWatch idle;
  private long ended;

  /** How it failed or why it was given up. */
  private @Nullable AttemptRecord record;

  MeshAttempt(
      MeshCall call,
      ClusterRuntime cluster,
      int number,
      @Nullable MeshAttempt previous,
      boolean retry) {
    this.call = call;
    this.cluster = cluster;
    this.number = number;
    this.previous = previous;
    this.retry = retry;
    if (previous != null && number % HISTORY == 0) {
      // A call that waits for ever must not remember for ever.
      previous.previous = null;
    }
    this.started = call.engine.clock.nanoTime();
    this.span =
        call.engine.spans.attempt(
            call.span(), call.context, call.head, cluster.model.name(), number);
  }

  // ---- picking ----

  @Override
  public Pick pick(Usable candidates) {
    if (over || !call.current(this)) {
      return Pick.REFUSED;
    }
    release();
    ClusterBalancer balancer = cluster.balancer();
    boolean high = call.plan().highPriority;
    if (!cluster.load(high).tryRequest(cluster.limits(high))) {
      refuse(
          Reason.OVERFLOW,
          "more than " + cluster.limits(high).maxRequests() + " requests in flight");
      return Pick.REFUSED;
    }
    usable = candidates;
    Host found = choose(balancer);
    if (found == null) {
      cluster.load(high).requestOver();
      if (!balancer.isEmpty()) {
        return Pick.NONE;
      }
      refuse(
          Reason.NO_HEALTHY_ENDPOINT,
          "cluster '"
              + cluster.model.name()
              + "' has no usable endpoint ("
              + balancer.size()
              + " known)");
      return Pick.REFUSED;
    }
    TlsPolicy policy = cluster.model.tls(found.endpoint());
    tls = policy == null ? null : call.engine.tls(policy);
    if (policy != null && tls == null) {
      cluster.load(high).requestOver();
      refuse(
          Reason.TLS_FAILURE,
          "this process has no identity yet for cluster '" + cluster.model.name() + "'");
      return Pick.REFUSED;
    }
    host = found;
    found.state().taken();
    if (span != null) {
      InetSocketAddress address = found.endpoint().address();
      call.engine.spans.target(span, address.getHostString(), address.getPort());
    }
    return Pick.PICKED;
  }

  private @Nullable Host choose(ClusterBalancer balancer) {
    care = Care.FRESH;
    Host found = balancer.pick(this, false);
    if (found != null) {
      return found;
    }
    if (previous != null && call.plan().retry.avoidPreviousHosts()) {
      care = Care.REACHABLE;
      found = balancer.pick(this, false);
      if (found != null) {
        return found;
      }
    }
    care = Care.REACHABLE;
    found = balancer.pick(this, true);
    if (found != null) {
      return found;
    }
    care = Care.ANY;
    return balancer.pick(this, true);
  }

  @Override
  public boolean admits(Host candidate) {
    if (usable != Usable.ALL && !usable.usable(candidate.endpoint())) {
      return false;
    }
    if (care == Care.ANY) {
      return true;
    }
    if (candidate.state().avoided(call.engine.clock.nanoTime())) {
      return false;
    }
    return care != Care.FRESH || previous == null || !tried(candidate);
  }

  private boolean tried(Host candidate) {
    if (!call.plan().retry.avoidPreviousHosts()) {
      return false;
    }
    for (MeshAttempt earlier = previous; earlier != null; earlier = earlier.previous) {
      if (earlier.host != null && earlier.host.state() == candidate.state()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean hashed() {
    return false;
  }

  @Override
  public long hash() {
    return 0;
  }

  @Override
  public Randomness random() {
    return call.engine.random;
  }

  private void refuse(Reason why, String message) {
    finish(message, why);
    call.refused(why, message);
  }

  // ---- what the transport reports ----

  @Override
  public void decorate(RequestHead head) {
    Headers headers = head.headers();
    call.engine.propagation.inject(span == null ? call.context : call.context.with(span), headers);
    if (!cluster.inMesh) {
      headers.remove(MeshHeaders.ATTEMPT_COUNT);
      headers.remove(MeshHeaders.TIMEOUT_MS);
      return;
    }
    if (call.plan().attemptCount) {
      headers.set(MeshHeaders.ATTEMPT_COUNT, Integer.toString(number));
    }
    if (head.kind() == RequestHead.Kind.HTTP) {
      long left = call.remainingNanos();
      if (left == Long.MAX_VALUE) {
        headers.remove(MeshHeaders.TIMEOUT_MS);
      } else {
        // Rounded up: a peer must not give up before this side does.
        headers.set(
            MeshHeaders.TIMEOUT_MS, Long.toString(Math.max(1, (left + 999_999) / 1_000_000)));
      }
    }
  }

  @Override
  public void sent() {
    if (over) {
      return;
    }
    call.sent();
    if (idle == null && !over) {
      RoutePlan plan = call.plan();
      long nanos = IdleWatch.shorter(plan.limits.idleNanos(), plan.retry.perTryIdleNanos());
      if (nanos > 0) {
        idle = new IdleWatch(this, call, nanos);
      }
    }
  }

  @Override
  public void requestEnd() {
    if (!over) {
      call.requestEnd(this);
    }
  }

  @Override
  public void head(ResponseHead response) {
    if (over || headSeen || !call.current(this)) {
      return;
    }
    headSeen = true;
    progress();
    if (host != null) {
      host.state().reachable();
      LoadReports.received(response.headers(), host.state());
    }
    status = response.status();
    disarm();
    call.responded(this, response);
  }

  @Override
  public void progress() {
    if (idle != null) {
      idle.progress();
    }
  }

  @Override
  public void end(int grpcStatus, @Nullable Headers trailers) {
    if (over) {
      return;
    }
    if (!headSeen) {
      failed(Failure.PROTOCOL, null);
      return;
    }
    boolean mine = call.current(this);
    if (trailers != null && host != null) {
      LoadReports.received(trailers, host.state());
    }
    grpc = grpcStatus;
    finish(null, null);
    if (mine) {
      call.ended(grpcStatus);
    }
  }

  @Override
  public void failed(Failure failure, @Nullable Throwable cause) {
    if (over) {
      return;
    }
    if (host != null && (failure == Failure.CONNECT || failure == Failure.TLS)) {
      host.state().unreachable(call.engine.clock.nanoTime());
    }
    boolean mine = call.current(this);
    finish(Outcomes.text(failure, cause), Outcomes.reason(failure));
    if (mine) {
      call.failed(failure, cause);
    }
  }

  /** The call goes on without it; false if it was over already. */
  boolean superseded(String what, @Nullable Reason why) {
    if (over) {
      return false;
    }
    finish(what, why);
    return true;
  }

  // ---- time ----

  void armPerTry() {
    long nanos = call.plan().retry.perTryNanos();
    if (nanos > 0 && !over && perTry == null && !headSeen) {
      perTry = call.transport().schedule(nanos, this);
    }
  }

  /** The timer: this attempt took too long. */
  @Override
  public void run() {
    perTry = null;
    if (!over && !headSeen && call.current(this)) {
      call.perTryTimedOut(this);
    }
  }

  private void disarm() {
    if (perTry != null) {
      perTry.cancel();
      perTry = null;
    }
  }

  private void finish(@Nullable String what, @Nullable Reason why) {
    over = true;
    ended = call.engine.clock.nanoTime();
    if (what != null) {
      record = record(what, why);
    }
    disarm();
    if (idle != null) {
      idle.cancel();
      idle = null;
    }
    // The host is kept: later attempts avoid it, and metrics name it.
    Host at = host;
    release();
    host = at;
    if (retry) {
      call.releaseRetry();
    }
    call.engine.spans.end(span, status, grpc, why, false);
  }

  private void release() {
    if (host != null) {
      host.state().released();
      cluster.load(call.plan().highPriority).requestOver();
      host = null;
    }
  }

  // ---- facts ----

  @Override
  public int number() {
    return number;
  }

  @Override
  public OutboundCall call() {
    return call;
  }

  @Override
  public Cluster cluster() {
    return cluster.model;
  }

  @Override
  public Endpoint endpoint() {
    if (host == null) {
      throw new IllegalStateException("no endpoint was picked");
    }
    return host.endpoint();
  }

  @Override
  public @Nullable TlsGeneration tls() {
    return tls;
  }

  @Nullable MeshAttempt previous() {
    return previous;
  }

  @Nullable Endpoint pickedEndpoint() {
    return host == null ? null : host.endpoint();
  }

  AttemptRecord record() {
    if (record != null) {
      return record;
    }
    return record(status > 0 ? Outcomes.text(status, grpc) : "in flight", null);
  }

  private AttemptRecord record(String what, @Nullable Reason why) {
    long duration = (over ? ended : call.engine.clock.nanoTime()) - started;
    String at = null;
    if (host != null) {
      InetSocketAddress address = host.endpoint().address();
      at = address.getHostString() + ":" + address.getPort();
    }
    return new AttemptRecord(number, at, what, why, duration);
  }
}
