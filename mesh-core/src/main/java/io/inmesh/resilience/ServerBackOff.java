package io.inmesh.resilience;

import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.RetryPolicy;
import java.util.List;

/**
 * When a server says to come back: gRPC's pushback (gRFC A6), and the response headers that a
 * policy names for rate limits (Envoy's {@code rate_limited_retry_back_off}). Immutable.
 */
final class ServerBackOff {
  /** It does not say. */
  static final long UNSAID = -1;

  /** It says not to. */
  static final long NEVER = -2;

  private static final String PUSHBACK = "grpc-retry-pushback-ms";
  private static final long MILLI = 1_000_000L;

  private final List<RetryPolicy.ResetHeader> resets;
  private final long maxNanos;

  ServerBackOff(List<RetryPolicy.ResetHeader> resets, long maxNanos) {
    this.resets = resets;
    this.maxNanos = maxNanos;
  }

  /** Nanoseconds to wait, {@link #UNSAID} or {@link #NEVER}. */
  long delayNanos(RequestHead.Kind kind, Headers response, long epochMillis, Randomness random) {
    if (kind == RequestHead.Kind.GRPC) {
      String pushback = response.get(PUSHBACK);
      if (pushback != null) {
        long millis = number(pushback);
        return millis < 0 || millis > Integer.MAX_VALUE ? NEVER : millis * MILLI;
      }
    }
    for (int i = 0; i < resets.size(); i++) {
      RetryPolicy.ResetHeader reset = resets.get(i);
      String said = response.get(reset.name());
      long seconds = said == null ? -1 : number(said);
      if (seconds < 0 || seconds > Long.MAX_VALUE / 2_000_000_000L) {
        continue;
      }
      long nanos =
          reset.unixTimestamp()
              ? Math.max(0, seconds * 1000 - epochMillis) * MILLI
              : seconds * 1000 * MILLI;
      if (nanos <= maxNanos) {
        // Spread over half as much again, so that not everybody comes back at once.
        return nanos + (long) (random.nextDouble() * nanos / 2);
      }
    }
    return UNSAID;
  }

  /** A decimal number; negative if it is none. */
  private static long number(String text) {
    String trimmed = text.trim();
    if (trimmed.isEmpty() || trimmed.length() > 18) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < trimmed.length(); i++) {
      int digit = trimmed.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
