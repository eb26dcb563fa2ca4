package io.inmesh.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextMapTest {
  private static final Map<String, String> ENTRIES = Map.of("version", "v2", "workload", "orders");

  @Test
  void entries_areThoseOfTheOriginal() {
    TextMap map = TextMap.of(ENTRIES);
    assertThat(map).isEqualTo(ENTRIES).hasSameHashCodeAs(ENTRIES).hasSize(2);
    assertThat(ENTRIES).isEqualTo(map);
    assertThat(map.get("version")).isEqualTo("v2");
    assertThat(map.get("instance")).isNull();
    assertThat(map.get(null)).isNull();
    assertThat(map.containsKey("workload")).isTrue();
    assertThat(map.entrySet()).containsAll(ENTRIES.entrySet());
  }

  @Test
  void namesWithoutText_areLeftOut() {
    String[] names = {"version", "workload"};
    assertThat(TextMap.of(names, i -> i == 0 ? null : "orders"))
        .isEqualTo(Map.of("workload", "orders"));
    assertThat(TextMap.of(names, i -> null)).isEmpty();
  }

  @Test
  void original_changesLater_theMapDoesNot() {
    Map<String, String> original = new HashMap<>(ENTRIES);
    TextMap map = TextMap.of(original);
    original.put("version", "v9");
    assertThat(map).isEqualTo(ENTRIES);
    assertThat(TextMap.of(map)).isSameAs(map);
    assertThatThrownBy(() -> map.put("a", "b")).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(map::clear).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void noEntries_isEmpty() {
    assertThat(TextMap.of(Map.of())).isEmpty();
  }
}
