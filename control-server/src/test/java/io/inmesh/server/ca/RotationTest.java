package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that do not follow a rotation, in time that passes as told. */
class RotationTest {
  private static final Duration PATIENCE = Duration.ofHours(1);

  @TempDir Path state;
  private final TestClock clock = new TestClock();
  private final Acknowledgements clients = new Acknowledgements(clock, PATIENCE);
  private CertificateAuthority authority;
  private Rotation rotation;
  private String old;

  @BeforeEach
  void open() throws Exception {
    authority = CertificateAuthority.open(CaOptions.DEFAULTS, Optional.of(state), clock);
    authority.listen(clients::trustChanged);
    rotation = new Rotation(authority, clients, new AuditLog(Optional.of(state), clock));
    old = authority.active().id();
    clients.trustChanged(authority.trust());
    clients.opened("web", "web");
    clients.opened("mute", "mute");
    follow("web", old);
    follow("mute", old);
  }

  private void follow(String client, String signer) {
    clients.put(client, authority.trust().sequence(), signer);
  }

  @Test
  void client_thatAcknowledgesNothing_isNamed_andHoldsARotationUpForSoLongOnly() throws Exception {
    String next = rotation.prepare();
    String since = clock.instant().toString();
    follow("web", old);
    clock.advance(PATIENCE.minusSeconds(1));
    assertThatThrownBy(() -> rotation.activate(next, false))
        .hasMessageContaining("1 of 2 connected clients")
        .hasMessageContaining("mute (since " + since + ")");
    assertThat(rotation.late())
        .containsExactly(
            new Rotation.Late("mute", since, clock.instant().plusSeconds(1).toString()));

    clock.advance(Duration.ofSeconds(1));
    rotation.activate(next, false);
    assertThat(rotation.late()).as("still told").extracting(Rotation.Late::client).contains("mute");
    assertThat(Files.readString(state.resolve("audit.log")))
        .contains("\"leftBehind\":\"1 of 2 connected clients were not waited for any longer: mute");
  }

  @Test
  void client_thatKeepsItsOldCertificate_isWaitedForAsLong() throws Exception {
    String next = rotation.prepare();
    follow("web", old);
    follow("mute", old);
    rotation.activate(next, false);
    follow("web", next);
    follow("mute", old);
    assertThat(rotation.late()).as("nobody was told to renew yet").isEmpty();
    rotation.taint(old, false);
    follow("web", next);
    follow("mute", old); // it knows, and does nothing

    clock.advance(PATIENCE.minusSeconds(1));
    assertThatThrownBy(() -> rotation.revoke(old, false)).hasMessageContaining("mute (since");
    clock.advance(Duration.ofSeconds(1));
    rotation.revoke(old, false);
    assertThat(authority.pins()).hasSize(1);
  }

  @Test
  void client_thatFollowsLate_owesNothing_andIsWaitedForAgain() throws Exception {
    String next = rotation.prepare();
    follow("web", old);
    clock.advance(PATIENCE.multipliedBy(2));
    follow("mute", old);
    assertThat(rotation.late()).isEmpty();
    rotation.activate(next, false);
    follow("web", next);
    assertThatThrownBy(() -> rotation.taint(old, false)).hasMessageContaining("mute");
  }

  @Test
  void client_thatHasNotSaidWhatItUses_holdsARevocationUpForSoLongOnly() throws Exception {
    String next = rotation.prepare();
    follow("web", old);
    follow("mute", old);
    rotation.activate(next, false);
    follow("web", next);
    follow("mute", next);
    rotation.taint(old, false);
    follow("web", next);
    follow("mute", next);
    clients.opened("new", "new");
    follow("new", ""); // the trust alone

    clock.advance(PATIENCE.minusSeconds(1));
    assertThatThrownBy(() -> rotation.revoke(old, false))
        .hasMessageContaining("1 of 3 connected clients")
        .hasMessageContaining("new (since");
    clock.advance(Duration.ofSeconds(1));
    rotation.revoke(old, false);
    assertThat(authority.pins()).hasSize(1);
  }

  @Test
  void client_thatHasJustCome_isWaitedFor() throws Exception {
    String next = rotation.prepare();
    follow("web", old);
    follow("mute", old);
    clients.opened("new", "new");
    assertThatThrownBy(() -> rotation.activate(next, false)).hasMessageContaining("new (since");
    clients.remove("new");
    rotation.activate(next, false);
  }
}
