package io.inmesh.server.compile;

import io.inmesh.server.config.RouteFilter.HeaderChanges;
import org.jspecify.annotations.Nullable;

/**
 * Header changes of a rule or a backend.
 *
 * @param request null for none
 * @param response null for none
 */
record HeaderEdits(@Nullable HeaderChanges request, @Nullable HeaderChanges response) {
  /** No change. */
  static final HeaderEdits NONE = new HeaderEdits(null, null);
}
