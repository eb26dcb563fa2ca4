package io.inmesh.server.ads;

import java.time.Duration;

/**
 * How long a lane collects changes before it acts on them.
 *
 * @param quiet act when no change came for so long
 * @param cap act after so long even if changes keep coming
 * @param paced whether to leave twice the time of the last push between two actions, so that under
 *     load staleness grows and not queues
 */
public record DebounceWindow(Duration quiet, Duration cap, boolean paced) {
  /** For endpoints, by far the most frequent change and the most urgent: 15 ms, at most 150 ms. */
  public static final DebounceWindow ENDPOINTS =
      new DebounceWindow(Duration.ofMillis(15), Duration.ofMillis(150), true);

  /** For configuration, where one edit makes many events: 100 ms, at most 1 s. */
  public static final DebounceWindow CONFIG =
      new DebounceWindow(Duration.ofMillis(100), Duration.ofSeconds(1), false);

  /** Checks the values. */
  public DebounceWindow {
    if (quiet.isNegative() || cap.compareTo(quiet) < 0) {
      throw new IllegalArgumentException(
          "a debounce window needs 0 <= quiet <= cap, not quiet " + quiet + " and cap " + cap);
    }
  }
}
