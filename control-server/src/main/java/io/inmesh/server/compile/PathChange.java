package io.inmesh.server.compile;

/** What takes the place of a request's path, or of a part of it; the query stays. */
sealed interface PathChange {
  /** In place of what the route matched. */
  record Prefix(String value) implements PathChange {}

  /** In place of all of it. */
  record Whole(String value) implements PathChange {}

  /** In place of what an RE2 expression finds; {@code \1} is its first group. */
  record Found(String regex, String substitution) implements PathChange {}
}
