package io.inmesh.resilience;

import io.inmesh.call.RequestHead;
import io.inmesh.model.RouteAction;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long calls of a route may take. Zero stands for no limit throughout.
 *
 * @param timeoutNanos from the end of the request to the end of the response, retries included
 * @param streamNanos from the beginning of the stream
 * @param idleNanos without any byte; 0: none
 * @param grpcRule whether the caller's gRPC deadline is bounded by {@code grpcMaxNanos} instead of
 *     the stream duration
 * @param grpcMaxNanos 0: it is taken as it is
 * @param grpcOffsetNanos subtracted from the caller's gRPC deadline, bounded or not
 */
public record TimeLimits(
    long timeoutNanos,
    long streamNanos,
    long idleNanos,
    boolean grpcRule,
    long grpcMaxNanos,
    long grpcOffsetNanos) {
  /** No limits. */
  public static final TimeLimits NONE = new TimeLimits(0, 0, 0, false, 0, 0);

  /** What a route says, with the listener's stream duration where it says nothing. */
  public static TimeLimits of(RouteAction.Forward forward, @Nullable Duration listenerDuration) {
    Duration stream = forward.maxStreamDuration();
    return new TimeLimits(
        nanos(forward.timeout()),
        nanos(stream == null ? listenerDuration : stream),
        nanos(forward.idleTimeout()),
        forward.grpcTimeoutMax() != null,
        nanos(forward.grpcTimeoutMax()),
        nanos(forward.grpcTimeoutOffset()));
  }

  private static long nanos(@Nullable Duration duration) {
    if (duration == null) {
      return 0;
    }
    try {
      return Math.max(0, duration.toNanos());
    } catch (ArithmeticException e) {
      return 0;
    }
  }

  /**
   * What is left for a whole call from its beginning on.
   *
   * @param kind of call
   * @param callerNanos what the application allows; 0: no limit
   * @return {@link Long#MAX_VALUE}: no limit; zero or less: it must end at once
   */
  public long callNanos(RequestHead.Kind kind, long callerNanos) {
    long caller = callerNanos <= 0 ? Long.MAX_VALUE : callerNanos;
    if (kind == RequestHead.Kind.GRPC && grpcRule) {
      long bounded = grpcMaxNanos == 0 ? caller : Math.min(caller, grpcMaxNanos);
      return caller == Long.MAX_VALUE ? bounded : bounded - grpcOffsetNanos;
    }
    return streamNanos == 0 ? caller : Math.min(caller, streamNanos);
  }
}
