package io.inmesh.route;

import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.match.TextTest;
import io.inmesh.model.HeaderMatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@link HeaderMatch}, by Envoy's rules: several values are compared joined with a
 * comma; a missing header fails every test of its value, inverted or not, unless it counts as
 * empty. Binary fields ({@code -bin}) of gRPC calls are not visible. Immutable.
 */
public final class FieldTest {
  private final String name;
  private final @Nullable TextTest value;
  private final boolean present;
  private final boolean invert;
  private final boolean missingIsEmpty;

  private FieldTest(HeaderMatch match) {
    this.name = match.name();
    this.invert = match.invert();
    this.missingIsEmpty = match.missingIsEmpty();
    if (match.test() instanceof HeaderMatch.Test.Value text) {
      this.value = TextTest.of(text.match());
      this.present = true;
    } else if (match.test() instanceof HeaderMatch.Test.Range range) {
      this.value = text -> inRange(text, range.start(), range.end());
      this.present = true;
    } else {
      this.value = null;
      this.present = ((HeaderMatch.Test.Present) match.test()).present();
    }
  }

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException if a regex is not RE2 syntax
   */
  public static FieldTest of(HeaderMatch match) {
    return new FieldTest(match);
  }

  /** Compiles several. */
  public static FieldTest[] all(List<HeaderMatch> matches) {
    return matches.stream().map(FieldTest::of).toArray(FieldTest[]::new);
  }

  /** Whether a request satisfies it. */
  public boolean test(RequestHead head) {
    if (!name.isEmpty() && name.charAt(0) == ':') {
      return test(pseudo(head));
    }
    if (head.kind() == RequestHead.Kind.GRPC && name.endsWith("-bin")) {
      return test((String) null);
    }
    return test(head.headers());
  }

  /** Whether header fields satisfy it. */
  public boolean test(Headers headers) {
    return test(joined(headers));
  }

  private boolean test(@Nullable String text) {
    if (text == null && missingIsEmpty) {
      text = "";
    }
    if (value == null) {
      return (text != null) == present != invert;
    }
    return text != null && value.test(text) != invert;
  }

  private @Nullable String joined(Headers headers) {
    String first = headers.get(name);
    if (first == null || value == null) {
      return first;
    }
    List<String> values = headers.all(name);
    return values.size() <= 1 ? first : String.join(",", values);
  }

  private @Nullable String pseudo(RequestHead head) {
    return switch (name) {
      case ":method" -> head.method();
      case ":authority" -> head.authority();
      case ":path" -> head.path();
      case ":scheme" -> head.scheme();
      default -> null;
    };
  }

  private static boolean inRange(String text, long start, long end) {
    int length = text.length();
    if (length == 0 || length > 20) {
      return false;
    }
    long number;
    try {
      number = Long.parseLong(text);
    } catch (NumberFormatException e) {
      return false;
    }
    return number >= start && number < end;
  }
}
