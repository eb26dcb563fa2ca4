package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;

/** Values of security policies, with {@code *} at one end, as matchers. */
final class Strings {
  private static final String SPIFFE = "spiffe://";

  private Strings() {}

  /** Exact, {@code prefix*}, {@code *suffix}, or {@code *} for anything but nothing. */
  static StringMatcher matcher(String value) {
    if (value.equals("*")) {
      return regex(".+");
    }
    StringMatcher.Builder matcher = StringMatcher.newBuilder();
    if (value.startsWith("*")) {
      return matcher.setSuffix(value.substring(1)).build();
    }
    return value.endsWith("*")
        ? matcher.setPrefix(value.substring(0, value.length() - 1)).build()
        : matcher.setExact(value).build();
  }

  /** Whether a value, not a template, takes a text. */
  static boolean takes(String value, String text) {
    if (value.startsWith("*")) {
      return text.endsWith(value.substring(1));
    }
    return value.endsWith("*")
        ? text.startsWith(value.substring(0, value.length() - 1))
        : text.equals(value);
  }

  /** {@link #matcher} of a SPIFFE ID without its scheme. */
  static StringMatcher identity(String value) {
    if (value.equals("*")) {
      return regex(".+");
    }
    return value.startsWith("*")
        ? regex(SPIFFE + ".*" + quoted(value.substring(1)))
        : matcher(SPIFFE + value);
  }

  static HeaderMatcher header(String name, String value) {
    HeaderMatcher.Builder header = HeaderMatcher.newBuilder().setName(name);
    return value.equals("*")
        ? header.setPresentMatch(true).build()
        : header.setStringMatch(matcher(value)).build();
  }

  static StringMatcher regex(String expression) {
    return StringMatcher.newBuilder()
        .setSafeRegex(RegexMatcher.newBuilder().setRegex(expression))
        .build();
  }

  /** A regex for a value in which {@code *} stands for any characters. */
  static String wildcards(String value) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      regex.append(c == '*' ? ".*" : quoted(String.valueOf(c)));
    }
    return regex.toString();
  }

  /** A regex for exactly this text. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ("\\.[]{}()*+?^$|".indexOf(c) >= 0) {
        quoted.append('\\');
      }
      quoted.append(c);
    }
    return quoted.toString();
  }
}
