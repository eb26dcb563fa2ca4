package io.inmesh.server.compile;

import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import java.util.List;
import java.util.Optional;

/** What a list of Gateway API filters means to us. */
final class Filters {
  private Filters() {}

  /** The header changes among them. */
  static HeaderEdits headers(List<RouteFilter> filters) {
    HeaderChanges request = null;
    HeaderChanges response = null;
    for (RouteFilter filter : filters) {
      if (filter instanceof RouteFilter.RequestHeaders changes) {
        request = changes.changes();
      } else if (filter instanceof RouteFilter.ResponseHeaders changes) {
        response = changes.changes();
      }
    }
    return request == null && response == null
        ? HeaderEdits.NONE
        : new HeaderEdits(request, response);
  }

  /**
   * The first that decides where a request goes or whether it may, and that is not served yet.
   * Skipping it would send requests where they must not go, so Gateway API wants them refused.
   */
  static Optional<String> unserved(List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      String name = "";
      if (filter instanceof RouteFilter.RequestRedirect) {
        name = "RequestRedirect";
      } else if (filter instanceof RouteFilter.UrlRewrite) {
        name = "URLRewrite";
      } else if (filter instanceof RouteFilter.ExternalAuth) {
        name = "ExternalAuth";
      }
      if (!name.isEmpty()) {
        return Optional.of("the filter " + name);
      }
    }
    return Optional.empty();
  }
}
