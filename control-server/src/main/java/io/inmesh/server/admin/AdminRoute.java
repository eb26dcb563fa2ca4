package io.inmesh.server.admin;

import io.inmesh.server.ca.AdminRole;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A method and a path whose {@code {name}} segments are variables.
 *
 * @param role who may use it; null: everybody
 * @param audited whether its uses are noted in the audit log
 */
record AdminRoute(
    String method,
    List<String> segments,
    @Nullable AdminRole role,
    boolean audited,
    AdminHandler handler) {
  AdminRoute(
      String method,
      String pattern,
      @Nullable AdminRole role,
      boolean audited,
      AdminHandler handler) {
    this(method, List.of(pattern.split("/", -1)), role, audited, handler);
  }

  /** The variables if the path matches, else null. */
  @Nullable Map<String, String> match(List<String> path) {
    if (path.size() != segments.size()) {
      return null;
    }
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < path.size(); i++) {
      String segment = segments.get(i);
      if (segment.startsWith("{")) {
        variables.put(segment.substring(1, segment.length() - 1), AdminRequest.decode(path.get(i)));
      } else if (!segment.equals(path.get(i))) {
        return null;
      }
    }
    return variables;
  }
}
