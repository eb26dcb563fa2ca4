package io.inmesh.filter.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.JwtProvider;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.TestIssuer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which tokens are valid: by signature, form, time and claims. */
class TokenValidityTest extends JwtCalls {
  @ParameterizedTest
  @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
  void rsaSignatures_areVerified(String algorithm) {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(RSA.sign(algorithm, claims())))).isEqualTo(200);
    assertThat(status(bearer(STRANGER.sign(algorithm, claims())))).isEqualTo(401);
  }

  @Test
  void ellipticCurveSignatures_areVerifiedOnTheirOwnCurve() {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(EC.sign("ES256", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.EC.sign("ES384", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.EC521.sign("ES512", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.ED.sign("EdDSA", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.WITHOUT_ID.sign("ES256", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.EC.sign("ES256", claims())))).isEqualTo(401);
  }

  @Test
  void algorithmConfusion_isRefused() {
    serveOptional(inline("https://issuer"));
    String none = TestIssuer.base64("{\"alg\":\"none\"}") + "." + TestIssuer.base64(claims()) + ".";
    for (String forged :
        List.of(
            none,
            none.replace(
                TestIssuer.base64("{\"alg\":\"none\"}"), TestIssuer.base64("{\"alg\":\"None\"}")),
            RSA.confused(claims()),
            RSA.sign("RS256", "{\"alg\":\"ES256\",\"kid\":\"r1\"}", claims()),
            RSA.sign("RS256", "{\"kid\":\"r1\"}", claims()),
            RSA.sign("RS256", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r1\"}", claims()),
            RSA.sign("RS256", "{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"x\"]}", claims()),
            RSA.sign("RS256", "{\"alg\":\"RS256\",\"kid\":\"e1\"}", claims()))) {
      assertThat(status(bearer(forged))).as(forged).isEqualTo(401);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.", "e30.W10.AA", "e30.e30.=="})
  void malformedToken_isRefused(String token) {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(token))).isEqualTo(401);
  }

  @Test
  void hugeToken_isRefusedUnread() {
    serveOptional(inline("https://issuer"));
    String token = RSA.sign("RS256", claims("pad", "\"" + "x".repeat(20_000) + "\""));
    assertThat(status(bearer(token))).isEqualTo(401);
    String deep = RSA.sign("RS256", claims("d", "[".repeat(500) + "]".repeat(500)));
    assertThat(status(bearer(deep))).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "exp, 0, 200",
    "exp, -59, 200",
    "exp, -62, 401",
    "nbf, 0, 200",
    "nbf, 59, 200",
    "nbf, 62, 401"
  })
  void time_isCheckedWithSkew(String claim, int fromNow, int status) {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(RSA.sign("RS256", claims(claim, String.valueOf(now() + fromNow))))))
        .isEqualTo(status);
  }

  @Test
  void rememberedToken_expires() {
    serveOptional(inline("https://issuer"));
    String token = RSA.sign("RS256", claims());
    assertThat(status(bearer(token))).isEqualTo(200);
    assertThat(status(bearer(token))).isEqualTo(200);
    time.advanceMillis(661_000);
    assertThat(status(bearer(token))).isEqualTo(401);
  }

  @Test
  void claims_mustBeWhatTheProviderSays() {
    JwtProvider strict =
        new JwtProvider(
            "https://issuer",
            List.of("orders", "https://shop/"),
            new StringMatch.Prefix("an", false),
            true,
            Duration.ofHours(1),
            Duration.ofSeconds(60),
            new JwtProvider.Keys.Inline(KEYS),
            List.of(),
            List.of(),
            List.of(),
            false,
            "",
            "payload",
            List.of(),
            List.of(),
            0);
    serveOptional(strict);
    String issued = String.valueOf(now());
    assertThat(status(bearer(RSA.sign("RS256", claims("aud", "\"orders\"", "iat", issued)))))
        .isEqualTo(200);
    assertThat(status(bearer(RSA.sign("RS256", claims("aud", "[\"x\",\"shop\"]", "iat", issued)))))
        .isEqualTo(200);
    for (String forOthers :
        List.of(claims("iat", issued), claims("aud", "\"other\"", "iat", issued))) {
      assertThat(status(bearer(RSA.sign("RS256", forOthers)))).as(forOthers).isEqualTo(403);
    }
    for (String wrong :
        List.of(
            claims("aud", "\"orders\"", "iat", issued, "sub", "\"bob\""),
            claims("aud", "\"orders\"", "iat", issued, "iss", "\"https://other\""),
            claims("aud", "\"orders\"", "iat", issued, "exp", ""),
            claims("aud", "\"orders\"", "iat", issued, "exp", "\"never\""),
            claims("aud", "\"orders\"", "iat", String.valueOf(now() - 7200)),
            claims("aud", "\"orders\""))) {
      assertThat(status(bearer(RSA.sign("RS256", wrong)))).as(wrong).isEqualTo(401);
    }
  }
}
