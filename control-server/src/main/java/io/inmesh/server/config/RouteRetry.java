package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API's experimental {@code HTTPRouteRetry} (GEP-1731).
 *
 * @param codes response statuses that are retried
 * @param attempts how many retries at most; null if not given
 * @param backoff least time between two attempts; null if not given
 * @param provenance where it is written
 */
public record RouteRetry(
    List<Integer> codes,
    @Nullable Integer attempts,
    @Nullable Duration backoff,
    Provenance provenance) {

  /** Copies the codes. */
  public RouteRetry {
    codes = List.copyOf(codes);
  }
}
