package io.inmesh.model;

import java.time.Duration;

/**
 * A retry budget over a window of time, as Linkerd and the Gateway API (GEP-3388) define it: within
 * {@code interval}, retries may be {@code percent} of the requests, or {@code minCount} per {@code
 * minInterval} where that is more.
 *
 * @param percent of the requests, 0 to 100
 * @param interval over which both are counted, at least a second
 * @param minCount retries that are always allowed …
 * @param minInterval … within this time
 */
public record RetryRatio(double percent, Duration interval, int minCount, Duration minInterval) {
  /** 20 % over 10 s, and always 10 per second: where nothing is configured. */
  public static final RetryRatio DEFAULT =
      new RetryRatio(20, Duration.ofSeconds(10), 10, Duration.ofSeconds(1));
}
