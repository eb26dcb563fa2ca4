package io.inmesh.filter.authz;

import io.inmesh.match.TextTest;
import io.inmesh.model.ValueMatch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@link ValueMatch} over maps, lists, strings, numbers and booleans. A missing value
 * fails every test but {@code Present(false)}. Immutable.
 */
@FunctionalInterface
interface ValueTest {
  /** Whether the value, null if it is missing, satisfies it. */
  boolean test(@Nullable Object value);

  /** What a path through nested maps leads to; null: nothing. */
  static @Nullable Object at(@Nullable Object root, String[] path) {
    Object value = root;
    for (String key : path) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException if a regex is not RE2 syntax
   */
  static ValueTest of(ValueMatch match) {
    if (match instanceof ValueMatch.Text text) {
      TextTest test = TextTest.of(text.text());
      return value -> value instanceof String string && test.test(string);
    }
    if (match instanceof ValueMatch.Range range) {
      return value ->
          value instanceof Number actual
              && (range.start() == range.end()
                  ? actual.doubleValue() == range.start()
                  : actual.doubleValue() >= range.start() && actual.doubleValue() < range.end());
    }
    if (match instanceof ValueMatch.Bool bool) {
      return value -> value instanceof Boolean actual && actual == bool.value();
    }
    if (match instanceof ValueMatch.Present present) {
      return value -> (value != null) == present.present();
    }
    if (match instanceof ValueMatch.Item item) {
      ValueTest test = of(item.item());
      return value -> value instanceof List<?> list && some(list, test);
    }
    if (match instanceof ValueMatch.AnyOf any) {
      ValueTest[] parts = any.parts().stream().map(ValueTest::of).toArray(ValueTest[]::new);
      return value -> {
        for (ValueTest part : parts) {
          if (part.test(value)) {
            return true;
          }
        }
        return false;
      };
    }
    // Null: tokens with a null claim are read as tokens without it.
    return value -> false;
  }

  private static boolean some(List<?> list, ValueTest test) {
    for (int i = 0; i < list.size(); i++) {
      if (test.test(list.get(i))) {
        return true;
      }
    }
    return false;
  }
}
