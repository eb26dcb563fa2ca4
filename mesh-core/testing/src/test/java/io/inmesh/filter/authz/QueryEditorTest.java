package io.inmesh.filter.authz;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.AccessAnswer.QueryChange;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryEditorTest {
  private static QueryChange setting(String name, String value, String... removed) {
    return new QueryChange(List.of(Map.entry(name, value)), List.of(removed));
  }

  @ParameterizedTest
  @CsvSource({
    "/a, /a?user=ann",
    "/a?, /a?user=ann",
    "/a?x=1&y=2, /a?x=1&y=2&user=ann",
    "/a?user=eve&x=1&user=bob, /a?x=1&user=ann",
    "/a?%75ser=eve&us%65r, /a?user=ann",
    "/a?secret=1&se%63ret&x=1, /a?x=1&user=ann",
    "/a?%zz=1, /a?%zz=1&user=ann"
  })
  void parameters_areSetAndRemoved_howeverTheyAreWritten(String before, String after) {
    assertThat(QueryEditor.changed(before, setting("user", "ann", "secret"))).isEqualTo(after);
  }

  @ParameterizedTest
  @CsvSource({
    "a=b, a=b",
    "a%20b, a%20b",
    "a b, a%20b",
    "a&admin=1, a%26admin=1",
    "a#b, a%23b",
    "ü, %C3%BC"
  })
  void value_cannotBecomeAnotherParameter(String value, String written) {
    assertThat(QueryEditor.changed("/", setting("v", value))).isEqualTo("/?v=" + written);
  }

  @Test
  void value_cannotEndTheLine() {
    assertThat(QueryEditor.changed("/", setting("v", "a\r\nb"))).isEqualTo("/?v=a%0D%0Ab");
  }

  @ParameterizedTest
  @CsvSource({"/a?x=1, /a", "/a?x=1&y=2, /a?y=2", "/a, /a"})
  void removal_comesLast(String before, String after) {
    assertThat(QueryEditor.changed(before, setting("x", "2", "x"))).isEqualTo(after);
  }
}
