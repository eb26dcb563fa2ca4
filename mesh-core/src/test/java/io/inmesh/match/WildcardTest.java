package io.inmesh.match;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WildcardTest {
  private static final String[] PIECES = {"a", "/", "\\.", "\\*", ".*", ".+", "\\\\", "b", "\\+"};
  private static final String VALUES = "ab/.*+\\\n\u00e9";

  @ParameterizedTest
  @ValueSource(strings = {".+", ".*", "spiffe://.*x", "a\\.b.+\\*c"})
  void textsAroundOneWildcard_needNoAutomaton(String regex) {
    assertThat(Wildcard.of(regex)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "abc",
        ".",
        "a.",
        ".*?",
        ".+.*",
        "a*.*",
        "[.].*",
        "^.*",
        "\\d.*",
        "\\",
        "a\\.*b",
        "\uD83D\uDE00.*",
        "(?s).*",
        ".*{2}",
        "a|.*"
      })
  void anythingElse_isLeftToIt(String regex) {
    assertThat(Wildcard.of(regex)).isNull();
  }

  @Test
  void randomExpressions_matchAsRe2Does() {
    Random random = new Random(7);
    int compared = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder regex = new StringBuilder();
      for (int pieces = random.nextInt(6); pieces >= 0; pieces--) {
        regex.append(PIECES[random.nextInt(PIECES.length)]);
      }
      Wildcard wildcard = Wildcard.of(regex.toString());
      if (wildcard == null) {
        continue;
      }
      compared++;
      Pattern pattern = Pattern.compile(regex.toString());
      for (int values = 0; values < 10; values++) {
        StringBuilder middle = new StringBuilder();
        for (int length = random.nextInt(4); length > 0; length--) {
          middle.append(VALUES.charAt(random.nextInt(VALUES.length())));
        }
        String value =
            random.nextBoolean()
                ? wildcard.before() + middle + wildcard.after()
                : middle + wildcard.after();
        assertThat(wildcard.test(value))
            .as("%s of %s", regex, value)
            .isEqualTo(pattern.matches(value));
      }
    }
    assertThat(compared).isGreaterThan(1_000);
  }
}
