package io.inmesh.server.admin;

import com.sun.net.httpserver.HttpExchange;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.AdminSecrets;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a route. With secrets, changes need the role of the route, and so does looking from
 * another machine; without, as in an insecure server, each route decides for itself.
 */
record AdminAccess(@Nullable AdminSecrets secrets) {
  private static final String SCHEME = "Bearer ";

  void require(HttpExchange exchange, @Nullable AdminRole role) throws AdminException {
    boolean local = exchange.getRemoteAddress().getAddress().isLoopbackAddress();
    if (role == null || secrets == null || (role == AdminRole.VIEWER && local)) {
      return;
    }
    String header = exchange.getRequestHeaders().getFirst("Authorization");
    String secret =
        header != null && header.startsWith(SCHEME) ? header.substring(SCHEME.length()) : "";
    AdminRole shown = secrets.role(secret).orElse(null);
    if (shown == null) {
      throw new AdminException(
          401,
          "unauthenticated",
          "",
          "needs the role "
              + role
              + ": send its secret from the state directory's admin/ as Bearer");
    }
    if (shown.compareTo(role) < 0) {
      throw new AdminException(403, "forbidden", "", "needs the role " + role + ", not " + shown);
    }
  }
}
