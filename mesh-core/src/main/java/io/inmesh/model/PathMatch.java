package io.inmesh.model;

/** How a path is compared. The query string never takes part. */
public sealed interface PathMatch {
  /** The whole path. */
  record Exact(String path, boolean caseSensitive) implements PathMatch {}

  /** The path's first characters; the empty prefix matches all. */
  record Prefix(String prefix, boolean caseSensitive) implements PathMatch {}

  /**
   * Whole path segments: {@code /a} matches {@code /a} and {@code /a/b}, not {@code /ab}. Without
   * trailing slash.
   */
  record SegmentPrefix(String prefix, boolean caseSensitive) implements PathMatch {}

  /** RE2 syntax over the whole path. */
  record Regex(String regex) implements PathMatch {}
}
