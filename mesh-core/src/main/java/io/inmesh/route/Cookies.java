package io.inmesh.route;

import io.inmesh.call.Headers;
import org.jspecify.annotations.Nullable;

/** Reads the {@code Cookie} fields of a request (RFC 6265). */
public final class Cookies {
  private Cookies() {}

  /** The first value of a cookie, without quotes; null if there is none. */
  public static @Nullable String get(Headers headers, String name) {
    if (headers.get("cookie") == null) {
      return null;
    }
    for (String field : headers.all("cookie")) {
      String value = find(field, name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  private static @Nullable String find(String field, String name) {
    int at = 0;
    while (at < field.length()) {
      int end = field.indexOf(';', at);
      if (end < 0) {
        end = field.length();
      }
      while (at < end && field.charAt(at) == ' ') {
        at++;
      }
      int equals = at + name.length();
      if (equals < end && field.charAt(equals) == '=' && field.startsWith(name, at)) {
        String value = field.substring(equals + 1, end).strip();
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
            ? value.substring(1, value.length() - 1)
            : value;
      }
      at = end + 1;
    }
    return null;
  }
}
