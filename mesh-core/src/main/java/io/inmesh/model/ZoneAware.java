package io.inmesh.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Zone-aware routing: calls stay in the caller's locality as far as that has endpoints for as many
 * of them, as in Envoy.
 *
 * @param percent of calls it is for
 * @param minClusterSize with fewer healthy endpoints it is not in force
 * @param failOnPanic in panic calls fail instead of going to unhealthy endpoints
 * @param forceLocal calls stay whenever there is a healthy endpoint
 * @param callers who else calls; null: not known, it is not in force
 */
public record ZoneAware(
    int percent,
    int minClusterSize,
    boolean failOnPanic,
    boolean forceLocal,
    @Nullable Callers callers) {

  /**
   * The service this process is an instance of.
   *
   * @param own this process's locality
   * @param localities all its instances
   */
  public record Callers(Locality own, List<LocalityEndpoints> localities) {
    /** Copies the list. */
    public Callers {
      localities = List.copyOf(localities);
    }
  }

  /** The same among these callers. */
  public ZoneAware among(@Nullable Callers others) {
    return new ZoneAware(percent, minClusterSize, failOnPanic, forceLocal, others);
  }
}
