package io.inmesh.filter.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonWebKeyTest {
  private static final Map<String, String> GOOD =
      Map.of(
          "kty", "EC",
          "crv", "P-256",
          "x", "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
          "y", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");

  @ParameterizedTest
  @CsvSource({
    "kty, EC, true",
    "kty, oct, false",
    "crv, P-192, false",
    "crv, P-384, true", // not on the curve, which shows when something is verified with it
    "x, MKBCTNIcKUSDii11nullySs3526iDZ8AiTo7Tu6KPAqv7D4, false",
    "y, MKBCTNIcKUSDii11nullySs3526iDZ8AiTo7Tu6KPAqv7D4, false",
    "x, '!', false",
    "use, enc, false",
    "use, sig, true",
  })
  void keysThatCannotBeUsed_areNone(String member, String value, boolean usable) {
    Map<String, Object> key = new HashMap<>(GOOD);
    key.put(member, value);
    assertThat(JsonWebKey.of(key) != null).isEqualTo(usable);
  }

  @Test
  void anyCoordinates_areAKeyOrNone() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      Map<String, Object> key = new HashMap<>(GOOD);
      key.put("crv", new String[] {"P-256", "P-384", "P-521"}[random.nextInt(3)]);
      for (String coordinate : new String[] {"x", "y"}) {
        byte[] bytes = new byte[random.nextInt(80)];
        random.nextBytes(bytes);
        key.put(coordinate, Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
      }
      var unused = JsonWebKey.of(key); // throws nothing
    }
  }
}
