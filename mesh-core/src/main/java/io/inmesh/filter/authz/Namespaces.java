package io.inmesh.filter.authz;

import io.inmesh.model.StringMatch;
import org.jspecify.annotations.Nullable;

/** The regex that stands for a namespace in standard policies. Stateless. */
final class Namespaces {
  private static final String BEFORE = "/ns/";
  private static final String ANYTHING = ".*";

  private Namespaces() {}

  /** The namespace that a condition on an identity asks for; null if it asks for something else. */
  static @Nullable String of(StringMatch match) {
    if (!(match instanceof StringMatch.Regex regex)) {
      return null;
    }
    String text = regex.regex();
    int begin = ANYTHING.length() + BEFORE.length();
    int end = text.length() - 1 - ANYTHING.length();
    if (end <= begin || !text.startsWith(ANYTHING + BEFORE) || !text.endsWith("/" + ANYTHING)) {
      return null;
    }
    String namespace = text.substring(begin, end);
    return namespace.chars().allMatch(Namespaces::literal) ? namespace : null;
  }

  private static boolean literal(int c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  }
}
