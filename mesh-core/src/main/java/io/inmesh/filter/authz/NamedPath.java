package io.inmesh.filter.authz;

import io.inmesh.model.StringMatch;
import io.inmesh.route.CanonicalPath;

/** Paths that policies name, in the letters that requests are compared in. Stateless. */
final class NamedPath {
  private NamedPath() {}

  /** Regular expressions stay as they are: they are written for those letters. */
  static StringMatch of(StringMatch path) {
    if (path instanceof StringMatch.Exact exact) {
      return new StringMatch.Exact(CanonicalPath.named(exact.value()), exact.ignoreCase());
    }
    if (path instanceof StringMatch.Prefix prefix) {
      return new StringMatch.Prefix(CanonicalPath.named(prefix.value()), prefix.ignoreCase());
    }
    if (path instanceof StringMatch.Suffix suffix) {
      return new StringMatch.Suffix(CanonicalPath.named(suffix.value()), suffix.ignoreCase());
    }
    if (path instanceof StringMatch.Contains contains) {
      return new StringMatch.Contains(CanonicalPath.named(contains.value()), contains.ignoreCase());
    }
    return path;
  }

  /** A template, whose stars are not to become more. */
  static String template(String template) {
    return template.contains("%2A") ? template : CanonicalPath.named(template);
  }
}
