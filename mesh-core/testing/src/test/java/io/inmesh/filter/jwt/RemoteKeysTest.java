package io.inmesh.filter.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.model.JwtProvider;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.TestIssuer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Requests before the keys are there, while they cannot be fetched, and after they are replaced.
 */
class RemoteKeysTest extends JwtCalls {
  private JwtProvider remote() {
    return provider(
        "https://issuer",
        new JwtProvider.Keys.Remote(
            URI.create("https://issuer/keys"), Duration.ofSeconds(5), Duration.ofMinutes(10)));
  }

  @Test
  void requestBeforeTheKeys_waitsForThem() {
    serveOptional(remote());
    Admission admission = inbound.admit(bearer(RSA.sign("RS256", claims())), PEER);
    assertThat(admission).isInstanceOf(Admission.Pending.class);
    fetches.answer(KEYS, -1);
    assertThat(((Admission.Pending) admission).result().toCompletableFuture().getNow(null))
        .isInstanceOf(Admission.Allowed.class);
    assertThat(status(FakeRequest.get("orders", "/"))).isEqualTo(200);
  }

  @Test
  void keysThatCannotBeFetched_refuse_andAreFetchedAgain() {
    serveOptional(remote());
    String token = RSA.sign("RS256", claims());
    Admission admission = inbound.admit(bearer(token), PEER);
    fetches.fail();
    assertThat(((Admission.Pending) admission).result().toCompletableFuture().getNow(null))
        .isInstanceOf(Admission.Denied.class);
    time.advanceMillis(1000);
    assertThat(fetches.count).isEqualTo(2);
    fetches.answer(KEYS, -1);
    assertThat(status(bearer(token))).isEqualTo(200);
  }

  @Test
  void staleKeys_stayInUse_whileFetchingFails() {
    serveOptional(remote());
    fetches.answer(KEYS, 60);
    for (int i = 0; i < 30; i++) {
      time.advanceMillis(60_000);
      while (!fetches.pending.isEmpty()) {
        fetches.fail();
      }
    }
    assertThat(status(bearer(RSA.sign("RS256", claims())))).isEqualTo(200);
    assertThat(fetches.count).as("the breaker spares the issuer").isLessThan(35);
  }

  @Test
  void unknownKey_isFetchedOnce_howeverManyAsk() {
    TestIssuer next = TestIssuer.ec("next", 256);
    serveOptional(remote());
    fetches.answer(KEYS, -1);
    String token = next.sign("ES256", claims());
    assertThat(status(bearer(token))).as("looked a moment ago").isEqualTo(401);
    time.advanceMillis(10_000);
    Admission first = inbound.admit(bearer(token), PEER);
    Admission second = inbound.admit(bearer(token), PEER);
    assertThat(first).isInstanceOf(Admission.Pending.class);
    assertThat(second).isInstanceOf(Admission.Pending.class);
    assertThat(fetches.count).isEqualTo(2);
    fetches.answer(TestIssuer.jwks(RSA, next), -1);
    assertThat(((Admission.Pending) first).result().toCompletableFuture().getNow(null))
        .isInstanceOf(Admission.Allowed.class);
    assertThat(status(bearer(token))).isEqualTo(200);
    assertThat(status(bearer(EC.sign("ES256", claims())))).as("rotated out").isEqualTo(401);
    assertThat(fetches.count).isEqualTo(2);
  }

  @Test
  void rotatedOutKey_isForgottenWithItsTokens() {
    serveOptional(remote());
    fetches.answer(KEYS, -1);
    String token = RSA.sign("RS256", claims());
    assertThat(status(bearer(token))).isEqualTo(200);
    time.advanceMillis(599_000);
    time.advanceMillis(2_000);
    fetches.answer(TestIssuer.jwks(EC), -1);
    assertThat(status(bearer(RSA.sign("RS256", claims())))).isEqualTo(401);
    assertThat(status(bearer(token))).isEqualTo(401);
  }

  @Test
  void hugeOrWrongKeySet_isNotTaken() {
    serveOptional(remote());
    fetches.answer(KEYS, -1);
    for (String bad :
        List.of(
            "",
            "{}",
            "{\"keys\":[]}",
            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
            TestIssuer.jwks(TestIssuer.rsa("small", 1024)),
            "{\"keys\":[" + "{},".repeat(200) + "{}]}",
            KEYS.replace(
                "[", "[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" + "w".repeat(2731) + "\"},"),
            "{\"pad\":\"" + "x".repeat(300_000) + "\"}")) {
      time.advanceMillis(600_000);
      if (!fetches.pending.isEmpty()) {
        fetches.answer(bad, -1);
      }
    }
    assertThat(status(bearer(RSA.sign("RS256", claims("exp", String.valueOf(now() + 600))))))
        .isEqualTo(200);
  }
}
