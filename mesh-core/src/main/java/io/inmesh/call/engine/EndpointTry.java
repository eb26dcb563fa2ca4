package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.balance.ClusterBalancer;
import io.inmesh.balance.EndpointState;
import io.inmesh.balance.Host;
import io.inmesh.balance.PickRequest;
import io.inmesh.call.Attempt;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Randomness;
import io.inmesh.identity.Credentials;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.ResponseClass.Meaning;
import io.inmesh.model.TlsPolicy;
import io.inmesh.resilience.ClusterLoad;
import org.jspecify.annotations.Nullable;

/**
 * The way of an attempt to an endpoint: picks within the cluster's limits and holds what it took
 * until it is released. Confined to the call's serial context.
 */
abstract class EndpointTry implements Attempt, PickRequest {
  /** Whom {@link #admits} lets pass: from the best hosts only to any that can be used. */
  private enum Care {
    FRESH,
    REACHABLE,
    ANY
  }

  /** It was told how the host did. */
  private static final int TOLD = 1;

  /** It was measured how quickly the host answers. */
  private static final int MEASURED = 2;

  final CallAttempts call;
  final ClusterRuntime cluster;
  @Nullable Host host;
  private @Nullable TlsGeneration tls;
  private Usable usable = Usable.ALL;
  private Care care = Care.FRESH;

  /** Whether hosts pass to which a connection is only being made. */
  private boolean hopeful;

  private boolean waiting;

  /** What {@link #host} gave it, for its reports; narrow, as there is one for each call. */
  private short pass;

  /** Whether {@link #host} and the load are held. */
  private boolean held;

  /**
   * When it was made, as long as that is now, else 0; then when it was picked; then when it was
   * over. One field for all, and looking at the clock is a good part of a call.
   */
  private long since;

  /** {@link #TOLD} and {@link #MEASURED}: one field for both, as there is one for each call. */
  private byte reported;

  EndpointTry(CallAttempts call, ClusterRuntime cluster, long now) {
    this.call = call;
    this.cluster = cluster;
    this.since = now;
  }

  /** What its request counts against. */
  abstract ClusterLoad load();

  abstract CircuitBreakers.Limits limits();

  /** Whether nothing may be picked any more. */
  abstract boolean closed();

  /** Whether the head of its response came. */
  abstract boolean answered();

  /** The engine does not let it be sent; ends it. */
  abstract void refuse(Reason why, String message);

  /** The only host it may go to; null: any. */
  @Nullable EndpointState pinned() {
    return null;
  }

  /** The session whose endpoint it goes to; null: none. */
  @Nullable Session session() {
    return null;
  }

  /** Who must answer; null: whom the cluster accepts. */
  @Nullable SpiffeId requiredPeer() {
    return null;
  }

  /** Whether its transport connects before it picks. */
  boolean connectsAhead() {
    return false;
  }

  /** Whether a host is not wanted while there are others. */
  boolean tried(Host candidate) {
    return false;
  }

  /** Whether {@link #tried} makes any difference. */
  boolean particular() {
    return false;
  }

  /** Whether other priorities go before hosts of the drawn one that are not wanted. */
  boolean elsewhere() {
    return false;
  }

  /** Whether a host is out of the question, even if there is no other. */
  boolean barred(Host candidate) {
    return false;
  }

  @Override
  public Pick pick(Usable candidates) {
    if (closed()) {
      return Pick.REFUSED;
    }
    if (held) {
      release();
      since = 0;
    }
    ClusterBalancer balancer = cluster.balancer();
    if (!load().tryRequest(limits())) {
      refuse(Reason.OVERFLOW, "more than " + limits().maxRequests() + " requests in flight");
      return Pick.REFUSED;
    }
    usable = candidates;
    Session session = session();
    Host sticky = session == null ? null : session.host(cluster);
    if (session != null && session.strict() && !(sticky != null && sticky.state().open())) {
      load().requestOver();
      refuse(
          Reason.NO_HEALTHY_ENDPOINT,
          "the endpoint of the session is not there, and it must be that one");
      return Pick.REFUSED;
    }
    Host found = choose(balancer, sticky);
    while (found != null && connected(found) && !enters(found)) {
      // Somebody else got the one place that a host on probation has; it is not admitted any more.
      found = choose(balancer, sticky);
    }
    if (found != null && !connected(found)) {
      load().requestOver();
      return Pick.NONE;
    }
    if (found == null) {
      load().requestOver();
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
    SpiffeId required = requiredPeer();
    if (required != null) {
      policy = RequiredPeer.only(required, policy, connectsAhead());
      if (policy == null) {
        return insecure(
            found,
            "it is not certain that "
                + required
                + ", which the caller requires, answers for cluster '"
                + cluster.model.name()
                + "'");
      }
    }
    tls = policy == null ? null : call.engine.tls(policy);
    if (policy != null && tls == null) {
      return insecure(
          found,
          policy.credential() != null
              ? Credentials.missing(policy.credential())
              : "this process has no identity yet for cluster '" + cluster.model.name() + "'");
    }
    if (waiting) {
      waiting = false;
      load().pendingOver();
    }
    host = found;
    held = true;
    reported = 0;
    since = since == 0 ? now() : since;
    found.state().taken();
    return Pick.PICKED;
  }

  /** Gives back what choosing the host took. */
  private Pick insecure(Host found, String message) {
    cluster.reports.undecided(found.state(), pass);
    load().requestOver();
    refuse(Reason.TLS_FAILURE, message);
    return Pick.REFUSED;
  }

  private boolean enters(Host found) {
    pass = (short) found.state().enter();
    return pass >= 0;
  }

  private @Nullable Host choose(ClusterBalancer balancer, @Nullable Host sticky) {
    if (sticky != null) {
      Session session = session();
      boolean only = session != null && session.strict();
      care = only ? Care.ANY : Care.FRESH;
      hopeful = true;
      if (admits(sticky)) {
        return sticky;
      }
      if (only) {
        return null;
      }
    }
    care = Care.FRESH;
    hopeful = balancer.hashes();
    Host found = balancer.pick(this, elsewhere());
    if (found != null) {
      return found;
    }
    if (usable != Usable.ALL && !hopeful) {
      hopeful = true;
      found = balancer.pick(this, false);
      hopeful = false;
      if (found != null) {
        return found;
      }
    }
    if (particular()) {
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

  private boolean connected(Host candidate) {
    return usable == Usable.ALL || usable.usable(candidate.endpoint());
  }

  @Override
  public boolean admits(Host candidate) {
    if (!connected(candidate) && !(hopeful && usable.pending(candidate.endpoint()))) {
      return false;
    }
    if (!candidate.state().open()) {
      return false;
    }
    EndpointState only = pinned();
    if (only != null) {
      return candidate.state() == only;
    }
    if (barred(candidate)) {
      return false;
    }
    if (care == Care.ANY) {
      return true;
    }
    if (candidate.state().avoiding() && candidate.state().avoided(now())) {
      return false;
    }
    return care != Care.FRESH || !tried(candidate);
  }

  @Override
  public Randomness random() {
    return call.engine.random;
  }

  final long now() {
    return call.engine.clock.nanoTime();
  }

  // ---- what it holds ----

  @Override
  public boolean waits() {
    if (closed()) {
      return false;
    }
    if (waiting) {
      return true;
    }
    if (!load().tryPending(limits())) {
      refuse(
          Reason.OVERFLOW, "more than " + limits().maxPending() + " requests wait for connections");
      return false;
    }
    if (held) {
      load().requestOver();
    }
    waiting = true;
    return true;
  }

  @Override
  public @Nullable ConnectionPermit connection() {
    if (limits().maxConnections() == Integer.MAX_VALUE && !cluster.predicts()) {
      return ConnectionPermit.UNLIMITED;
    }
    ClusterLoad load = load();
    return load.tryConnection(limits()) ? load::connectionOver : null;
  }

  /** By Envoy's rule: as many connections as the cluster's ratio to the requests under way says. */
  @Override
  public @Nullable Endpoint ahead(int step) {
    Host at = host;
    if (!cluster.predicts() || at == null || requiredPeer() != null) {
      return null;
    }
    int requests = load().requests() + load().pending();
    int connections = Math.max(requests, load().connections()) + step - 1;
    double wanted = requests * cluster.model.connections().preconnect().predictive();
    return wanted > connections ? cluster.after(at, step) : null;
  }

  /** The request goes out: it no longer waits for a connection. */
  final void waitedEnough() {
    if (waiting) {
      waiting = false;
      load().pendingOver();
      load().requestAdmitted();
    }
  }

  /** Gives back what it took; the host is still known. */
  final void release() {
    Host at = host;
    if (!held || at == null) {
      if (waiting) {
        waiting = false;
        load().pendingOver();
      }
      return;
    }
    held = false;
    if (!told()) {
      cluster.reports.undecided(at.state(), pass);
    }
    at.state().released();
    if (waiting) {
      waiting = false;
      load().pendingOver();
    } else {
      load().requestOver();
    }
  }

  // ---- what it tells about the host ----

  private boolean told() {
    return (reported & TOLD) != 0;
  }

  /** What an operator says about a response. */
  final Meaning meaning(int status, int grpcStatus) {
    return call.meaning(status, grpcStatus);
  }

  final void tellHead(RequestHead.Kind kind, ResponseHead response) {
    if (held && host != null) {
      host.state().reachable();
      boolean all = cluster.reports.head(this, host.state(), kind, response);
      reported = (byte) (all ? reported | TOLD : reported & ~TOLD);
    }
  }

  final void tellMessage() {
    if (held && host != null && (reported & MEASURED) == 0) {
      cluster.reports.message(this, host.state());
    }
  }

  final void tellEnd(int grpcStatus, @Nullable Headers trailers) {
    if (held && host != null && !told()) {
      reported |= TOLD;
      cluster.reports.end(this, host.state(), grpcStatus, trailers);
    }
  }

  /** Also after an answer, as in Envoy: one that breaks off was none. */
  final void tellFailed(Failure failure) {
    if (held && host != null) {
      if (failure == Failure.CONNECT || failure == Failure.TLS) {
        host.state().unreachable(now());
      }
      reported |= TOLD;
      cluster.reports.failed(this, host.state(), failure);
    }
  }

  /** Only without an answer: that a stream has had its time says nothing about the host. */
  final void tellLate() {
    if (held && host != null && !told() && !answered()) {
      reported |= TOLD;
      cluster.reports.timedOut(this, host.state());
    }
  }

  /** From here on, the moment at which it was made is past. */
  final void later() {
    if (host == null && !closed()) {
      since = 0;
    }
  }

  /** Nothing more is told. */
  final void endedAt(long nanos) {
    since = nanos;
  }

  // ---- facts ----

  /** What the host gave it, for its reports. */
  final int pass() {
    return pass;
  }

  /** It is being measured how quickly the host answers; false: it was before. */
  final boolean measured() {
    boolean first = (reported & MEASURED) == 0;
    reported |= MEASURED;
    return first;
  }

  /** How long ago its host was picked; meaningless once it is over. */
  final long tookNanos(long nowNanos) {
    return nowNanos - since;
  }

  /** When it was over; meaningless before. */
  final long endedAt() {
    return since;
  }

  @Override
  public final Cluster cluster() {
    return cluster.model;
  }

  @Override
  public final Endpoint endpoint() {
    if (host == null) {
      throw new IllegalStateException("no endpoint was picked");
    }
    return host.endpoint();
  }

  @Override
  public final @Nullable TlsGeneration tls() {
    return tls;
  }

  /** The endpoint it went to; null: it was not sent. */
  final @Nullable Endpoint picked() {
    return host == null ? null : host.endpoint();
  }
}
