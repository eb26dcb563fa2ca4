package io.inmesh.server.compile;

import io.inmesh.server.config.RouteFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the requests of a rule besides being sent on.
 *
 * @param redirect answers instead; null: none
 * @param rewrite of path and host; null: none
 * @param mirrors copies
 */
record Handling(
    RouteFilter.@Nullable RequestRedirect redirect,
    RouteFilter.@Nullable UrlRewrite rewrite,
    List<MirrorTarget> mirrors) {
  /** Nothing. */
  static final Handling NONE = new Handling(null, null, List.of());

  /**
   * Where copies go.
   *
   * @param cluster its name
   * @param numerator of the share
   * @param denominator of the share
   */
  record MirrorTarget(String cluster, int numerator, int denominator) {}
}
