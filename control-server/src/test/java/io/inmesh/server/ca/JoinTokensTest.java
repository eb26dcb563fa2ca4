package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.identity.SpiffeId;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinTokensTest {
  private static final SpiffeId CART = SpiffeId.of("cluster.local", "shop", "cart");
  private static final InetSocketAddress HERE = new InetSocketAddress("10.1.2.3", 4711);
  private static final Duration AN_HOUR = Duration.ofHours(1);

  @TempDir Path dir;
  private final TestClock clock = new TestClock();
  private JoinTokens tokens;

  @BeforeEach
  void open() throws CaException {
    tokens = new JoinTokens(Optional.of(dir), clock);
  }

  private static PublicKey key() {
    return Certificates.keys().getPublic();
  }

  private void assertRefused(String token, String why) {
    assertThatThrownBy(() -> tokens.redeem(token, key(), HERE))
        .hasMessage("the join token is not accepted: unknown, expired or used up")
        .hasRootCauseMessage("token " + why);
  }

  @Test
  void redeem_onceOnly_unlessForTheSameKey() throws CaException {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    PublicKey key = key();
    assertThat(tokens.redeem(token, key, HERE)).isEqualTo(CART);
    assertThat(tokens.redeem(token, key, HERE)).isEqualTo(CART);
    assertRefused(token, "used up");
    open();
    assertRefused(token, "used up");
    assertThat(tokens.redeem(token, key, HERE)).isEqualTo(CART);
  }

  @Test
  void create_id_canBeGivenToACommand() throws CaException {
    for (int i = 0; i < 500; i++) {
      assertThat(tokens.create(CART, 1, AN_HOUR, Set.of())).matches("[0-9a-f]{12}\\..+");
    }
  }

  @Test
  void redeem_joinLine_ignoresThePins() throws CaException {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    assertThat(tokens.redeem(token + ".0123abcd", key(), HERE)).isEqualTo(CART);
  }

  @Test
  void redeem_answerLostAndServerRestarted_worksForTheSameKeyOnly() throws CaException {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    PublicKey key = key();
    tokens.redeem(token, key, HERE);
    open();
    assertThat(tokens.redeem(token, key, HERE)).isEqualTo(CART);
    assertRefused(token, "used up");
  }

  @Test
  void redeem_fleet_countsOrNot() throws CaException {
    String two = tokens.create(CART, 2, AN_HOUR, Set.of());
    tokens.redeem(two, key(), HERE);
    tokens.redeem(two, key(), HERE);
    assertRefused(two, "used up");
    String any = tokens.create(CART, 0, AN_HOUR, Set.of());
    for (int i = 0; i < 100; i++) {
      tokens.redeem(any, key(), HERE);
    }
    assertThat(tokens.descriptions()).extracting(JoinTokens.Description::used).contains(2, 100);
  }

  @Test
  void redeem_expired_isRefused() throws CaException {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    clock.advance(AN_HOUR);
    assertRefused(token, "expired");
    assertThat(tokens.descriptions()).isEmpty();
  }

  @Test
  void redeem_fromElsewhere_isRefused() throws CaException {
    String inside = tokens.create(CART, 1, AN_HOUR, Set.of("10.1.0.0/16", "fd00::/8"));
    assertThat(tokens.redeem(inside, key(), HERE)).isEqualTo(CART);
    String outside = tokens.create(CART, 1, AN_HOUR, Set.of("10.2.0.0/16"));
    assertRefused(outside, "used from 10.1.2.3");
  }

  @Test
  void redeem_guessed_isRefused() throws CaException {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    String id = token.substring(0, token.indexOf('.'));
    for (String guess :
        new String[] {"", ".", id, id + ".", id + ".x", "x." + token, token + "x", "a.b"}) {
      assertRefused(guess, "unknown");
    }
    assertThat(tokens.redeem(token, key(), HERE)).isEqualTo(CART);
  }

  @Test
  void revoke_endsIt() throws CaException {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    String id = token.substring(0, token.indexOf('.'));
    assertThat(tokens.revoke(id)).isTrue();
    assertThat(tokens.revoke(id)).isFalse();
    open();
    assertRefused(token, "unknown");
  }

  @Test
  void create_outOfBounds_isRefused() {
    assertThatThrownBy(() -> tokens.create(CART, 1, Duration.ofDays(31), Set.of()))
        .hasMessageContaining("ttl");
    assertThatThrownBy(() -> tokens.create(CART, 1, Duration.ZERO, Set.of()))
        .hasMessageContaining("ttl");
    assertThatThrownBy(() -> tokens.create(CART, -1, AN_HOUR, Set.of()))
        .hasMessageContaining("uses");
    assertThatThrownBy(() -> tokens.create(CART, 1, AN_HOUR, Set.of("10.0.0.0")))
        .hasMessageContaining("no CIDR");
  }

  @Test
  void file_holdsNoSecret() throws Exception {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    String secret = token.substring(token.indexOf('.') + 1);
    assertThat(secret.length()).isGreaterThanOrEqualTo(22);
    assertThat(Files.readString(dir.resolve("ca").resolve("tokens.json"))).doesNotContain(secret);
  }

  @Test
  void redeem_cannotBeWritten_countsNothing() throws Exception {
    String token = tokens.create(CART, 1, AN_HOUR, Set.of());
    Path file = dir.resolve("ca").resolve("tokens.json");
    Files.delete(file);
    Files.createDirectories(file.resolve("in-the-way"));
    assertThatThrownBy(() -> tokens.redeem(token, key(), HERE))
        .hasMessageContaining("cannot be written");
    Files.delete(file.resolve("in-the-way"));
    Files.delete(file);
    assertThat(tokens.redeem(token, key(), HERE)).isEqualTo(CART);
  }
}
