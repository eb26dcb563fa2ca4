package io.inmesh.server.ca;

import java.util.Map;
import java.util.Optional;

/** Reads what a token says. */
final class Claims {
  private Claims() {}

  /**
   * A claim that is a text, a number or a boolean.
   *
   * @param name of the top level, or a JSON pointer (RFC 6901), which begins with a slash
   */
  static Optional<String> text(Map<String, Object> claims, String name) {
    Object value = claims;
    if (!name.startsWith("/")) {
      value = claims.get(name);
    } else {
      for (String step : name.substring(1).split("/", -1)) {
        String key = step.replace("~1", "/").replace("~0", "~");
        value = value instanceof Map<?, ?> map ? map.get(key) : null;
      }
    }
    return value instanceof String || value instanceof Number || value instanceof Boolean
        ? Optional.of(value.toString())
        : Optional.empty();
  }
}
