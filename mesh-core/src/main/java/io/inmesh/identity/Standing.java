package io.inmesh.identity;

import java.time.Duration;

/**
 * What becomes of an open connection when material, trust or mode have changed.
 *
 * @param open whether it takes further requests; if not, the peer is told so (GOAWAY, or {@code
 *     Connection: close} with the next response) and the connection ends with the last request
 * @param leftNanos how long requests in flight may go on; 0: they are broken off at once; {@link
 *     Long#MAX_VALUE}: no limit
 */
public record Standing(boolean open, long leftNanos) {
  /** Goes on as it is. */
  public static final Standing KEEP = new Standing(true, Long.MAX_VALUE);

  /** Ends at once: the peer is not trusted any more. */
  public static final Standing CLOSE = new Standing(false, 0);

  /** Ends with its last request, and no later than this. */
  static Standing drain(Duration limit) {
    return limit.isNegative() || limit.isZero() ? CLOSE : new Standing(false, limit.toNanos());
  }
}
