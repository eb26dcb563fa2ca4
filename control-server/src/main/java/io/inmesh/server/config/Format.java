package io.inmesh.server.config;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A form a string must have. */
interface Format {

  /** As the documentation calls it. */
  String name();

  /** What is wrong with a text; null if nothing is. */
  @Nullable String problem(String text);

  /** The code of the finding. */
  default FindingCode code() {
    return FindingCode.BAD_FORMAT;
  }

  /** A form given by a test and by words that say what passes it. */
  static Format of(String name, String expected, Predicate<String> test) {
    return new Format() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public @Nullable String problem(String text) {
        return test.test(text)
            ? null
            : Words.quote(text) + " is not " + Words.a(name) + "; expected " + expected;
      }
    };
  }
}
