package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
  @Test
  void parse_workloadOfTheMesh_hasParts() {
    SpiffeId id = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
    assertThat(id.trustDomain()).isEqualTo("cluster.local");
    assertThat(id.path()).isEqualTo("/ns/shop/sa/cart");
    assertThat(id.namespace()).isEqualTo("shop");
    assertThat(id.serviceAccount()).isEqualTo("cart");
    assertThat(id).hasToString("spiffe://cluster.local/ns/shop/sa/cart");
    assertThat(id).isEqualTo(SpiffeId.of("cluster.local", "shop", "cart"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"spiffe://td", "spiffe://td/a", "spiffe://td/ns/a/sa", "spiffe://td/ns/a/sa/b/c"})
  void parse_otherForms_haveNoNamespace(String text) {
    SpiffeId id = SpiffeId.parse(text);
    assertThat(id.namespace()).isNull();
    assertThat(id.serviceAccount()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe://",
        "spiffe:///ns/a/sa/b",
        "SPIFFE://td/a",
        "http://td/a",
        "spiffe:/td/a",
        "spiffe://TD/a",
        "spiffe://td:80/a",
        "spiffe://user@td/a",
        "spiffe://t%64/a",
        "spiffe://td/",
        "spiffe://td/a/",
        "spiffe://td//a",
        "spiffe://td/a/../b",
        "spiffe://td/./a",
        "spiffe://td/a?b",
        "spiffe://td/a#b",
        "spiffe://td/a%2fb",
        "spiffe://td/a b",
        "spiffe://td/é",
        "spiffe://tdé/a",
        "spiffe://td/a\u0000",
        "spiffe://td/ns/*/sa/b"
      })
  void parse_notStandard_isRefused(String text) {
    assertThatThrownBy(() -> SpiffeId.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SPIFFE ID");
  }

  @Test
  void parse_tooLong_isRefused() {
    String longest = "spiffe://td/" + "a".repeat(2048 - "spiffe://td/".length());
    assertThat(SpiffeId.parse(longest).path()).hasSize(2048 - "spiffe://td".length());
    assertThatThrownBy(() -> SpiffeId.parse(longest + "a"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SpiffeId.parse("spiffe://" + "a".repeat(256)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void parse_anything_isRefusedOrGivenBackUnchanged() {
    Random random = new Random(1);
    String alphabet = "spiffe:/.-_%?#@aZ9é\u0000 ";
    for (int n = 0; n < 20_000; n++) {
      StringBuilder text = new StringBuilder("spiffe://");
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      SpiffeId id;
      try {
        id = SpiffeId.parse(text.toString());
      } catch (IllegalArgumentException refused) {
        continue;
      }
      assertThat(id.toString()).isEqualTo(text.toString()).matches("spiffe://[a-z0-9._/A-Z-]+");
      assertThat("spiffe://" + id.trustDomain() + id.path()).isEqualTo(text.toString());
    }
  }
}
