package io.inmesh.server.compile;

import io.inmesh.server.config.CorsRules;
import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    return HeaderEdits.literal(request, response);
  }

  /** The redirect, rewrite and, resolved elsewhere, mirrors among them. */
  static Handling handling(List<RouteFilter> filters, List<Handling.MirrorTarget> mirrors) {
    LocalAnswer answer = null;
    String host = null;
    PathChange path = null;
    CorsRules cors = null;
    for (RouteFilter filter : filters) {
      if (filter instanceof RouteFilter.RequestRedirect to) {
        answer =
            new LocalAnswer.Redirect(
                to.scheme(), to.hostname(), to.port(), path(to.path()), to.statusCode());
      } else if (filter instanceof RouteFilter.UrlRewrite rewrite) {
        host = rewrite.hostname();
        path = path(rewrite.path());
      } else if (filter instanceof RouteFilter.Cors sharing) {
        cors = sharing.rules();
      }
    }
    return new Handling(answer, host, path, mirrors, cors);
  }

  private static @Nullable PathChange path(RouteFilter.@Nullable PathRewrite path) {
    if (path == null) {
      return null;
    }
    return path.prefixOnly()
        ? new PathChange.Prefix(path.value())
        : new PathChange.Whole(path.value());
  }

  /**
   * The first that decides where a request goes or whether it may, and that is not served. Skipping
   * it would send requests where they must not go, so Gateway API wants them refused.
   *
   * @param ofBackend whether they belong to one backend, where fewer are served
   */
  static Optional<String> unserved(List<RouteFilter> filters, boolean ofBackend) {
    for (RouteFilter filter : filters) {
      if (filter instanceof RouteFilter.ExternalAuth) {
        return Optional.of("the filter ExternalAuth");
      }
      if (ofBackend && filter instanceof RouteFilter.RequestRedirect) {
        return Optional.of("the filter RequestRedirect of a backend");
      }
      if (ofBackend && filter instanceof RouteFilter.ExtensionRef) {
        return Optional.of("the filter ExtensionRef of a backend");
      }
      if (ofBackend && filter instanceof RouteFilter.Cors) {
        return Optional.of("the filter CORS of a backend");
      }
      if (ofBackend && filter instanceof RouteFilter.UrlRewrite) {
        return Optional.of("the filter URLRewrite of a backend");
      }
    }
    return Optional.empty();
  }
}
