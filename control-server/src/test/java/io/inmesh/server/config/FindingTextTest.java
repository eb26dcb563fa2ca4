package io.inmesh.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FindingTextTest {

  private static final ResourceKey ROUTE = new ResourceKey(Kind.HTTP_ROUTE, "shop", "orders");

  private static final Finding FULL =
      Finding.of(
              FindingCode.UNKNOWN_FIELD,
              ROUTE,
              "/spec/rules/0/a.b~1c",
              new Provenance("d/f.yaml", 3, 7),
              "unknown field")
          .withHint("did you mean 'x'?");

  @Test
  void line_everythingKnown() {
    assertThat(FindingText.line(FULL))
        .isEqualTo(
            "d/f.yaml:3:7: error IM1203 HTTPRoute shop/orders spec.rules[0]['a.b/c']: unknown field;"
                + " did you mean 'x'?");
  }

  @Test
  void line_onlyAMessage() {
    Finding finding = Finding.of(FindingCode.STATE_UNREADABLE, Provenance.UNKNOWN, "broken");

    assertThat(FindingText.line(finding)).isEqualTo("warning IM1503: broken");
  }

  @Test
  void line_controlCharacters_cannotForgeAnotherLine() {
    Finding finding =
        Finding.of(FindingCode.SYNTAX, Provenance.UNKNOWN, "a\nb\u001b[31m\u2028c\u202ed");

    assertThat(FindingText.line(finding)).isEqualTo("error IM1004: a?b?[31m?c?d");
  }

  @Test
  void json_everythingKnown() {
    assertThat(FindingJson.render(List.of(FULL)))
        .isEqualTo(
            "[{\"code\":\"IM1203\",\"level\":\"error\",\"message\":\"unknown field\",\"hint\":\"did you mean"
                + " 'x'?\",\"kind\":\"HTTPRoute\",\"namespace\":\"shop\",\"name\":\"orders\",\"pointer\":"
                + "\"/spec/rules/0/a.b~1c\",\"path\":\"spec.rules[0]['a.b/c']\",\"file\":\"d/f.yaml\","
                + "\"line\":3,\"column\":7}]");
  }

  @Test
  void suggest_closeWord_isTheOne() {
    List<String> words = List.of("backendRefs", "filters", "matches", "timeouts");

    assertThat(Words.suggest("backendRef", words)).isEqualTo("did you mean 'backendRefs'?");
    assertThat(Words.suggest("BACKENDREFS", words)).isEqualTo("did you mean 'backendRefs'?");
    assertThat(Words.suggest("tiemouts", words)).isEqualTo("did you mean 'timeouts'?");
    assertThat(Words.suggest("zzz", words))
        .isEqualTo("expected one of backendRefs, filters, matches, timeouts");
  }
}
