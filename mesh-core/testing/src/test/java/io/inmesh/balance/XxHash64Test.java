package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers are those of the reference implementation. */
class XxHash64Test {
  @ParameterizedTest
  @CsvSource({
    "'', ef46db3751d8e999, d5afba1336a3be4b",
    "a, d24ec4f1a98c6e5b, dec2bc81c3cd46c6",
    "abc, 44bc2cf5ad770999, bea9ca8199328908",
    "foo, 33bf00a859c4ba3f, c34823c5bf4f2cbd",
    "127.0.0.1:8080_0, f673a43b9624fa24, b435c554178c1df2",
    "Nobody inspects the spammish repetition, fbcea83c8a378bf1, 43f425448d954db6",
    "grüße, f6b705a592c4dcda, 74b5719f3d043b4b"
  })
  void text_isHashedAsTheReferenceDoes(String text, String seed0, String seed1) {
    assertThat(Long.toHexString(XxHash64.hash(text))).isEqualTo(seed0);
    assertThat(Long.toHexString(XxHash64.hash(text, 1))).isEqualTo(seed1);
  }

  @Test
  void longText_goesThroughAllLanes() {
    assertThat(Long.toHexString(XxHash64.hash("x".repeat(100)))).isEqualTo("92f0de5a88a3c094");
  }
}
