package io.inmesh.http.netty;

import java.util.Locale;

/**
 * What may be written to the wire (RFC 9110 section 5): refuses everything with which one field
 * could become two.
 */
public final class FieldSyntax {
  private static final boolean[] TOKEN = new boolean[128];

  static {
    for (char c = '0'; c <= '9'; c++) {
      TOKEN[c] = true;
    }
    for (char c = 'a'; c <= 'z'; c++) {
      TOKEN[c] = true;
      TOKEN[c - 'a' + 'A'] = true;
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
  }

  private FieldSyntax() {}

  /** Whether a text is a token: a method or a field name. */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 128 || !TOKEN[c]) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /**
   * The name in lower case.
   *
   * @throws IllegalArgumentException if it is not a token
   */
  public static String checkName(String name) {
    if (!isToken(name)) {
      throw new IllegalArgumentException("invalid header name: " + printable(name));
    }
    return lower(name);
  }

  /**
   * The value without surrounding white space.
   *
   * @throws IllegalArgumentException if it contains a control character or one above U+00FF; the
   *     value is not repeated
   */
  public static String checkValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 127 || c > 255) {
        throw new IllegalArgumentException("invalid value of header " + printable(name));
      }
    }
    return value.strip();
  }

  /**
   * Path and query as they go on the wire.
   *
   * @throws IllegalArgumentException if it contains white space or a control character
   */
  public static String checkTarget(String target) {
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 127) {
        throw new IllegalArgumentException("invalid request target: " + printable(target));
      }
    }
    return target;
  }

  /**
   * Host and port as they go on the wire; may be empty.
   *
   * @throws IllegalArgumentException if it contains what could be taken for another part of a URI
   */
  public static String checkAuthority(String authority) {
    checkTarget(authority);
    for (int i = 0; i < authority.length(); i++) {
      switch (authority.charAt(i)) {
        case '/', '?', '#', '@', '\\', ',' ->
            throw new IllegalArgumentException("invalid authority: " + printable(authority));
        default -> {}
      }
    }
    return authority;
  }

  /** ASCII lower case; the same object if it is that already. */
  public static String lower(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return name.toLowerCase(Locale.ROOT);
      }
    }
    return name;
  }

  private static String printable(String text) {
    StringBuilder safe = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), 60); i++) {
      char c = text.charAt(i);
      safe.append(c < ' ' || c >= 127 ? '?' : c);
    }
    return safe.append('"').toString();
  }
}
