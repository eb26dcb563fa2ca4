package io.inmesh.model;

import java.util.List;

/** A condition on a JSON-like value, which may be missing. */
public sealed interface ValueMatch {
  /** It is null. */
  record Null() implements ValueMatch {}

  /** A number from {@code start} to below {@code end}; equal bounds: exactly that. */
  record Range(double start, double end) implements ValueMatch {}

  /** A string. */
  record Text(StringMatch text) implements ValueMatch {}

  /** A boolean. */
  record Bool(boolean value) implements ValueMatch {}

  /** It is there or, with {@code present} false, it is not. */
  record Present(boolean present) implements ValueMatch {}

  /** A list of which some item satisfies the condition. */
  record Item(ValueMatch item) implements ValueMatch {}

  /** Some of these conditions holds. */
  record AnyOf(List<ValueMatch> parts) implements ValueMatch {
    public AnyOf {
      parts = List.copyOf(parts);
    }
  }
}
