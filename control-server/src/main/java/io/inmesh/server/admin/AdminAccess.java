package io.inmesh.server.admin;

import io.inmesh.model.IpLiteral;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.AdminSecrets;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a route. With secrets, changes need the role of the route, and so does looking from
 * another machine; without, as in an insecure server, each route decides for itself.
 */
record AdminAccess(@Nullable AdminSecrets secrets) {
  private static final String SCHEME = "Bearer ";

  /** Refuses whoever does not show the role. */
  void require(AdminRequest request, @Nullable AdminRole role) throws AdminException {
    boolean local = request.remote().isLoopbackAddress() && namesThisHost(request.header("Host"));
    if (role == null || secrets == null || (role == AdminRole.VIEWER && local)) {
      return;
    }
    AdminRole shown = shown(request);
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

  /**
   * Whether a request means this host by what cannot lead elsewhere. A page in somebody's browser
   * may give this address to a name of its own, and would then be let in by where the browser runs.
   */
  private static boolean namesThisHost(@Nullable String host) {
    if (host == null) {
      return true; // no browser
    }
    String name = host.replaceFirst(":[0-9]{1,5}$", "");
    return name.equalsIgnoreCase("localhost")
        || (name.startsWith("[") && name.endsWith("]"))
        || IpLiteral.parse(name) != null;
  }

  /** The role that a request shows; null: none. */
  @Nullable AdminRole shown(AdminRequest request) {
    String header = request.header("Authorization");
    return secrets == null
            || header == null
            || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? null
        : secrets.role(header.substring(SCHEME.length()).strip()).orElse(null);
  }
}
