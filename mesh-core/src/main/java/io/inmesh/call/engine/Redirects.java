package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.model.RouteAction;
import io.inmesh.route.PathRewrite;
import org.jspecify.annotations.Nullable;

/** Where a redirect leads. */
final class Redirects {
  private Redirects() {}

  /**
   * The {@code Location}: what the redirect does not name stays; a port that was written stays
   * unless the scheme changes, and the scheme's own port is left out.
   */
  static String location(
      RouteAction.Redirect redirect, @Nullable PathRewrite rewrite, RequestHead head) {
    String scheme = redirect.scheme() == null ? head.scheme() : redirect.scheme();
    String authority = head.authority();
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    String host = hasPort ? authority.substring(0, colon) : authority;
    String port = hasPort ? authority.substring(colon + 1) : "";
    if (redirect.host() != null) {
      host = redirect.host();
    }
    if (redirect.port() != null) {
      port = redirect.port().toString();
    } else if (!scheme.equals(head.scheme())) {
      port = "";
    }
    if (port.equals(scheme.equals("https") ? "443" : "80")) {
      port = "";
    }
    String path = rewrite == null ? head.path() : rewrite.apply(head.path());
    if (redirect.stripQuery()) {
      int query = path.indexOf('?');
      path = query < 0 ? path : path.substring(0, query);
    }
    return scheme + "://" + host + (port.isEmpty() ? "" : ":" + port) + path;
  }
}
