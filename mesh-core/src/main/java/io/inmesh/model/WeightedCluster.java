package io.inmesh.model;

import java.util.Map;

/**
 * A destination of a split.
 *
 * @param cluster its name
 * @param weight its share; the sum of all is the denominator
 * @param headers applied first
 * @param filters replacements of filter settings by filter name
 * @param fixedStatus when not 0, requests of this share are answered with this HTTP status (an
 *     invalid backend's share gets 500, Gateway API)
 */
public record WeightedCluster(
    String cluster,
    int weight,
    HeaderChanges headers,
    Map<String, FilterConfig> filters,
    int fixedStatus) {
  public WeightedCluster {
    filters = Map.copyOf(filters);
  }
}
