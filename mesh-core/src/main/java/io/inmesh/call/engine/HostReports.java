package io.inmesh.call.engine;

import io.inmesh.balance.EndpointState;
import io.inmesh.balance.Verdict;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Cluster;
import io.inmesh.model.ResponseClass.Meaning;
import org.jspecify.annotations.Nullable;

/**
 * What attempts tell about the hosts of one cluster. Where an operator says what a response means,
 * a success counts as 200 and a failure as an error of the server, as with the error matcher of
 * Envoy's outlier detection. Thread-safe, lock-free.
 */
final class HostReports {
  private static final String DEGRADED = "x-envoy-degraded";

  private final ClusterHealth health;
  private final Algorithm.@Nullable PeakEwma latency;

  /** What makes weights of reports; null: nothing does. */
  private final Algorithm.@Nullable Utilization load;

  private final double decayNanos;
  private final long penaltyNanos;

  /** Whether hosts may say for how long they want to be left alone. */
  private final boolean heedsRetryAfter;

  private final boolean detectsDegraded;

  HostReports(Cluster model, ClusterHealth health) {
    this.health = health;
    Algorithm algorithm = model.balancer().algorithm();
    this.latency = algorithm instanceof Algorithm.PeakEwma ewma ? ewma : null;
    this.load = algorithm instanceof Algorithm.Utilization utilization ? utilization : null;
    this.decayNanos = latency == null ? 0 : latency.decay().toNanos();
    this.penaltyNanos =
        latency == null || latency.failurePenalty() == null
            ? 0
            : latency.failurePenalty().toNanos();
    this.heedsRetryAfter = model.accrual() != null && model.accrual().honorRetryAfter();
    this.detectsDegraded = model.outliers() != null && model.outliers().detectDegraded();
  }

  /** Whether responses carry reports; only gRPC's servers report out of band. */
  boolean wantsLoad(RequestHead.Kind kind) {
    return load != null && (kind == RequestHead.Kind.HTTP || !load.outOfBand());
  }

  /**
   * The head of a response came.
   *
   * @return whether that tells how the request went; false: the end of the response will
   */
  boolean head(EndpointTry request, EndpointState host, RequestHead.Kind kind, ResponseHead head) {
    health.outliers.connected(host);
    if (detectsDegraded && head.headers().get(DEGRADED) != null) {
      health.outliers.degraded(host);
    }
    if (load != null && wantsLoad(kind)) {
      LoadReports.received(head.headers(), host, load.errorPenalty(), request.now());
    }
    int status = head.status();
    if (kind == RequestHead.Kind.HTTP || status != 200) {
      took(request, host);
      Verdict verdict =
          status >= 500 ? Verdict.FAILED : status == 429 ? Verdict.LIMITED : Verdict.GOOD;
      Meaning said = request.meaning(status, ResponseHead.NO_GRPC_STATUS);
      judge(request, host, said, status, verdict, verdict != Verdict.GOOD, head.headers());
      return true;
    }
    if (head.grpcStatus() != ResponseHead.NO_GRPC_STATUS) {
      grpc(request, host, head.grpcStatus(), head.headers());
      return true;
    }
    return false;
  }

  /** A message of a gRPC response came: the head may have come before anything was done. */
  void message(EndpointTry request, EndpointState host) {
    took(request, host);
  }

  /** A gRPC response ended whose head did not tell how the request went. */
  void end(EndpointTry request, EndpointState host, int grpcStatus, @Nullable Headers trailers) {
    if (load != null && !load.outOfBand() && trailers != null) {
      LoadReports.received(trailers, host, load.errorPenalty(), request.now());
    }
    grpc(request, host, grpcStatus, trailers);
  }

  /** No response, or no complete one, came. */
  void failed(EndpointTry request, EndpointState host, Failure failure) {
    if (failure == Failure.OVERFLOW || failure == Failure.CLOSED) {
      undecided(host, request.pass());
      return;
    }
    local(request, host, false);
  }

  /** No response came in time. */
  void timedOut(EndpointTry request, EndpointState host) {
    local(request, host, true);
  }

  /** The attempt ended without saying anything about the host. */
  void undecided(EndpointState host, int pass) {
    health.breaker.undecided(host, pass);
  }

  private void local(EndpointTry request, EndpointState host, boolean timeout) {
    health.outliers.failedLocally(host, timeout);
    health.breaker.finished(host, request.pass(), Verdict.FAILED, 0);
    took(request, host);
    penalise(request, host, penaltyNanos);
  }

  private void grpc(
      EndpointTry request, EndpointState host, int status, @Nullable Headers trailers) {
    took(request, host);
    Verdict verdict =
        switch (status) {
          case 4, 7, 13, 14, 15 -> Verdict.FAILED;
          case 8 -> Verdict.LIMITED;
          default -> Verdict.GOOD;
        };
    boolean penalised = status == 2 || (status != 7 && verdict != Verdict.GOOD);
    Meaning said = request.meaning(200, status);
    judge(request, host, said, GrpcCodes.httpStatus(status), verdict, penalised, trailers);
  }

  private void judge(
      EndpointTry request,
      EndpointState host,
      Meaning said,
      int status,
      Verdict usual,
      boolean usuallyPenalised,
      @Nullable Headers headers) {
    Verdict verdict =
        switch (said) {
          case USUAL -> usual;
          case GOOD -> Verdict.GOOD;
          case FAILED -> Verdict.FAILED;
        };
    int counted =
        switch (said) {
          case USUAL -> status;
          case GOOD -> 200;
          case FAILED -> Math.max(status, 500);
        };
    boolean penalised = said == Meaning.USUAL ? usuallyPenalised : said == Meaning.FAILED;
    health.outliers.responded(host, counted);
    // By what the host said, whatever an operator calls it.
    boolean mayAsk = heedsRetryAfter && (status == 429 || status == 503);
    health.breaker.finished(
        host, request.pass(), verdict, mayAsk ? RetryAfter.nanos(headers, 0) : 0);
    if (penalised) {
      penalise(request, host, RetryAfter.nanos(headers, penaltyNanos));
    }
  }

  /**
   * Once: the time to the head of an HTTP response, or to the first message or else the end of a
   * gRPC one, as in Linkerd. How long a stream lasts says nothing about the host.
   */
  private void took(EndpointTry request, EndpointState host) {
    if (latency != null && request.measured()) {
      long now = request.now();
      host.roundTripTime().add(request.tookNanos(now), now, decayNanos);
    }
  }

  /** As if the response had taken so long, if it was faster. */
  private void penalise(EndpointTry request, EndpointState host, long nanos) {
    if (penaltyNanos > 0) {
      host.roundTripTime().add(nanos, request.now(), decayNanos);
    }
  }
}
