package io.inmesh.model;

/** How a string is compared. */
public sealed interface StringMatch {
  /** Equal. */
  record Exact(String value, boolean ignoreCase) implements StringMatch {}

  /** Begins with. */
  record Prefix(String value, boolean ignoreCase) implements StringMatch {}

  /** Ends with. */
  record Suffix(String value, boolean ignoreCase) implements StringMatch {}

  /** Contains. */
  record Contains(String value, boolean ignoreCase) implements StringMatch {}

  /** RE2 syntax over the whole string. */
  record Regex(String regex) implements StringMatch {}
}
