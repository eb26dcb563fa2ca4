package io.inmesh.model;

import java.util.Map;

/**
 * One rule: what it matches and what happens then.
 *
 * @param name for people and metrics; may be empty
 * @param match when it applies
 * @param action what it does
 * @param headers applied before the virtual host's
 * @param filters replacements of filter settings by filter name
 * @param origin where an operator wrote it ({@code file:line} or resource), empty if unknown
 */
public record Route(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderChanges headers,
    Map<String, FilterConfig> filters,
    String origin) {
  public Route {
    filters = Map.copyOf(filters);
  }
}
