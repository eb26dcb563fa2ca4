package io.inmesh.identity;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What becomes of an open connection, as material, trust and mode are now. Whatever it is, the
 * connection is broken off when its time is up: no peer outlives its certificate.
 *
 * @param open whether it takes further requests; if not, the peer is told so (GOAWAY, or {@code
 *     Connection: close} with the next response) and the connection ends with the last request
 * @param leftNanos how long the connection and its requests may go on; 0: they are broken off at
 *     once; {@link Long#MAX_VALUE}: no limit
 */
public record Standing(boolean open, long leftNanos) {
  /** Goes on as it is. */
  public static final Standing KEEP = new Standing(true, Long.MAX_VALUE);

  /** Ends at once: the peer is not trusted any more. */
  public static final Standing CLOSE = new Standing(false, 0);

  /** Ends with its last request, and no later than this. */
  static Standing drain(Duration limit) {
    return new Standing(false, Long.MAX_VALUE).within(limit);
  }

  /** The same, and no longer than this. */
  Standing within(Duration limit) {
    return limit.isNegative() || limit.isZero()
        ? CLOSE
        : new Standing(open, Math.min(leftNanos, TimeUnit.NANOSECONDS.convert(limit)));
  }
}
