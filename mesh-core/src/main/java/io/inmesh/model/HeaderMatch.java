package io.inmesh.model;

/**
 * A condition on one header. Several values are joined with a comma before comparing.
 *
 * @param name lower case; {@code :method}, {@code :authority}, {@code :path}, {@code :scheme} too
 * @param test what its value must satisfy
 * @param invert the condition holds when the test fails
 * @param missingIsEmpty a missing header is compared as the empty string instead of failing
 */
public record HeaderMatch(String name, Test test, boolean invert, boolean missingIsEmpty) {
  /** What a header's value must satisfy. */
  public sealed interface Test {
    /** The header is there (or, with {@code present} false, is not). */
    record Present(boolean present) implements Test {}

    /** The value compares as given. */
    record Value(StringMatch match) implements Test {}

    /** The value is a decimal integer in [start, end). */
    record Range(long start, long end) implements Test {}
  }
}
