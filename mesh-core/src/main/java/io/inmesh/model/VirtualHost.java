package io.inmesh.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Routes for a set of authorities.
 *
 * @param name for people
 * @param domains exact, {@code *.suffix}, {@code prefix.*} or {@code *}
 * @param routes first match wins
 * @param headers applied after the route's
 * @param filters replacements of filter settings by filter name
 * @param retry used by routes that have none; most specific replaces, nothing merges
 * @param mirrors used by routes that have none
 * @param attemptCount whether requests carry {@code x-envoy-attempt-count}
 */
public record VirtualHost(
    String name,
    List<String> domains,
    List<Route> routes,
    HeaderChanges headers,
    Map<String, FilterConfig> filters,
    @Nullable RetryPolicy retry,
    List<Mirror> mirrors,
    boolean attemptCount) {
  public VirtualHost {
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
    filters = Map.copyOf(filters);
    mirrors = List.copyOf(mirrors);
  }
}
