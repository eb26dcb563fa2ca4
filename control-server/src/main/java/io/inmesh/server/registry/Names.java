package io.inmesh.server.registry;

/** The alphabets of Kubernetes names, checked by hand so that no input can be slow. */
final class Names {
  private Names() {}

  /** RFC 1123 label: lower-case letters, digits and inner hyphens, at most 63. */
  static boolean isDnsLabel(String text) {
    if (text.isEmpty() || text.length() > 63) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean inner = i > 0 && i < text.length() - 1;
      if (!(isLower(c) || isDigit(c) || (inner && c == '-'))) {
        return false;
      }
    }
    return true;
  }

  /** Letters and digits with inner {@code - _ .}, at most {@code max}; not empty. */
  static boolean isQualifiedPart(String text, int max) {
    if (text.isEmpty() || text.length() > max) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean inner = i > 0 && i < text.length() - 1;
      boolean alphanumeric = isLower(c) || isDigit(c) || (c >= 'A' && c <= 'Z');
      if (!(alphanumeric || (inner && (c == '-' || c == '_' || c == '.')))) {
        return false;
      }
    }
    return true;
  }

  /** A label key: a name of at most 63, with an optional DNS prefix before a slash. */
  static boolean isLabelKey(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return isQualifiedPart(text, 63);
    }
    String prefix = text.substring(0, slash);
    if (prefix.length() > 253 || !isQualifiedPart(text.substring(slash + 1), 63)) {
      return false;
    }
    for (String label : prefix.split("\\.", -1)) {
      if (!isDnsLabel(label)) {
        return false;
      }
    }
    return true;
  }

  /** Printable ASCII without quotes, at most 128: what locality parts may hold; may be empty. */
  static boolean isPrintable(String text) {
    if (text.length() > 128) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c > '~' || c == '"' || c == '/') {
        return false;
      }
    }
    return true;
  }

  /** Input made safe for one line of a message. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), 64); i++) {
      char c = text.charAt(i);
      out.append(c < ' ' || c == 127 ? '?' : c);
    }
    return out.append(text.length() > 64 ? "…\"" : "\"").toString();
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
