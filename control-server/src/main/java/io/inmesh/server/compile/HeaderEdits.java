package io.inmesh.server.compile;

import io.inmesh.server.config.RouteFilter.HeaderChanges;
import org.jspecify.annotations.Nullable;

/**
 * Header changes of a rule or a backend.
 *
 * @param request null for none
 * @param response null for none
 * @param formats whether {@code %} in values begins one of Envoy's operators; else it means itself
 */
record HeaderEdits(
    @Nullable HeaderChanges request, @Nullable HeaderChanges response, boolean formats) {
  /** No change. */
  static final HeaderEdits NONE = new HeaderEdits(null, null, false);

  /** Values mean themselves, as in Gateway API. */
  static HeaderEdits literal(@Nullable HeaderChanges request, @Nullable HeaderChanges response) {
    return request == null && response == null ? NONE : new HeaderEdits(request, response, false);
  }

  /** Values are formats, as in Istio. */
  static HeaderEdits formatted(@Nullable HeaderChanges request, @Nullable HeaderChanges response) {
    return request == null && response == null ? NONE : new HeaderEdits(request, response, true);
  }
}
