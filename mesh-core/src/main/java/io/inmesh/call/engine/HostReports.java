package io.inmesh.call.engine;

import io.inmesh.balance.EndpointState;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Cluster;
import org.jspecify.annotations.Nullable;

/** What attempts tell about the hosts of one cluster. Thread-safe, lock-free. */
final class HostReports {
  private final ClusterHealth health;
  private final Algorithm.@Nullable PeakEwma latency;

  /** Whose weights come from reports in responses; null: nobody's. */
  private final Algorithm.@Nullable Utilization load;

  private final double decayNanos;
  private final long penaltyNanos;

  HostReports(Cluster model, ClusterHealth health) {
    this.health = health;
    Algorithm algorithm = model.balancer().algorithm();
    this.latency = algorithm instanceof Algorithm.PeakEwma ewma ? ewma : null;
    this.load =
        algorithm instanceof Algorithm.Utilization utilization && !utilization.outOfBand()
            ? utilization
            : null;
    this.decayNanos = latency == null ? 0 : latency.decay().toNanos();
    this.penaltyNanos =
        latency == null || latency.failurePenalty() == null
            ? 0
            : latency.failurePenalty().toNanos();
  }

  /**
   * The head of a response came.
   *
   * @param tookNanos since the host was picked
   * @return whether that tells how the request went; false: the end of the response will
   */
  boolean head(
      EndpointState host, RequestHead.Kind kind, ResponseHead head, long tookNanos, long nowNanos) {
    health.outliers.connected(host);
    if (load != null) {
      LoadReports.received(head.headers(), host, load.errorPenalty(), nowNanos);
    }
    if (kind == RequestHead.Kind.HTTP || head.status() != 200) {
      judge(
          host,
          head.status(),
          head.status() >= 500,
          head.status() == 429 || head.status() >= 500,
          head.headers(),
          tookNanos,
          nowNanos);
      return true;
    }
    if (head.grpcStatus() != ResponseHead.NO_GRPC_STATUS) {
      grpc(host, head.grpcStatus(), head.headers(), tookNanos, nowNanos);
      return true;
    }
    if (latency != null) {
      host.roundTripTime().add(tookNanos, nowNanos, decayNanos);
    }
    return false;
  }

  /** A gRPC response ended whose head did not tell how the request went. */
  void end(
      EndpointState host,
      int grpcStatus,
      @Nullable Headers trailers,
      long tookNanos,
      long nowNanos) {
    if (load != null && trailers != null) {
      LoadReports.received(trailers, host, load.errorPenalty(), nowNanos);
    }
    grpc(host, grpcStatus, trailers, tookNanos, nowNanos);
  }

  /** No response, or no complete one, came. */
  void failed(EndpointState host, Failure failure, long tookNanos, long nowNanos) {
    if (failure == Failure.OVERFLOW || failure == Failure.CLOSED) {
      undecided(host);
      return;
    }
    local(host, false, tookNanos, nowNanos);
  }

  /** No response came in time. */
  void timedOut(EndpointState host, long tookNanos, long nowNanos) {
    local(host, true, tookNanos, nowNanos);
  }

  /** The attempt ended without saying anything about the host. */
  void undecided(EndpointState host) {
    health.breaker.undecided(host);
  }

  private void local(EndpointState host, boolean timeout, long tookNanos, long nowNanos) {
    health.outliers.failedLocally(host, timeout);
    health.breaker.finished(host, true);
    measure(host, Math.max(tookNanos, penaltyNanos), nowNanos);
  }

  private void grpc(
      EndpointState host, int status, @Nullable Headers trailers, long tookNanos, long nowNanos) {
    boolean failed = status == 4 || status == 7 || status == 13 || status == 14 || status == 15;
    boolean penalised =
        status == 2 || status == 4 || status == 8 || status == 13 || status == 14 || status == 15;
    judge(host, GrpcCodes.httpStatus(status), failed, penalised, trailers, tookNanos, nowNanos);
  }

  private void judge(
      EndpointState host,
      int status,
      boolean failed,
      boolean penalised,
      @Nullable Headers headers,
      long tookNanos,
      long nowNanos) {
    health.outliers.responded(host, status);
    health.breaker.finished(host, failed);
    if (latency != null) {
      long penalty = penalised && penaltyNanos > 0 ? RetryAfter.nanos(headers, penaltyNanos) : 0;
      measure(host, Math.max(tookNanos, penalty), nowNanos);
    }
  }

  private void measure(EndpointState host, long nanos, long nowNanos) {
    if (latency != null) {
      host.roundTripTime().add(nanos, nowNanos, decayNanos);
    }
  }
}
