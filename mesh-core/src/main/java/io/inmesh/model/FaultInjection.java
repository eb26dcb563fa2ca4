package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Envoy's fault injection.
 *
 * @param delay null: none
 * @param abort null: none
 * @param headers only requests that match all of these
 * @param cluster only requests to this cluster; empty: to any
 * @param maxActive faults going on at once at most; negative: any number
 */
public record FaultInjection(
    @Nullable Delay delay,
    @Nullable Abort abort,
    List<HeaderMatch> headers,
    String cluster,
    int maxActive) {
  /**
   * Requests that wait.
   *
   * @param fixed how long; null: as {@code x-envoy-fault-delay-request} says, in milliseconds
   * @param share how many; where a header says how long, {@code
   *     x-envoy-fault-delay-request-percentage} may lower it
   */
  public record Delay(@Nullable Duration fixed, Fraction share) {}

  /**
   * Requests that fail.
   *
   * @param httpStatus 0: not by HTTP status
   * @param grpcStatus negative: not by gRPC status; where neither is given, as {@code
   *     x-envoy-fault-abort-request} or {@code x-envoy-fault-abort-grpc-request} says
   * @param share how many; where a header says what, {@code x-envoy-fault-abort-request-percentage}
   *     may lower it
   */
  public record Abort(int httpStatus, int grpcStatus, Fraction share) {
    /** Whether headers say what. */
    public boolean byHeader() {
      return httpStatus == 0 && grpcStatus < 0;
    }
  }

  public FaultInjection {
    headers = List.copyOf(headers);
  }
}
