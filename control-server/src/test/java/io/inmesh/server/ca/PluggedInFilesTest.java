package io.inmesh.server.ca;

import static io.inmesh.server.Eventually.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.identity.CertificateRequest;
import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.Authority.Phase;
import io.inmesh.server.config.FindingCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluggedInFilesTest {
  private static final Duration PATIENCE = Duration.ofHours(1);

  @TempDir Path dir;
  private final TestClock clock = new TestClock();
  private final Acknowledgements clients = new Acknowledgements(clock, PATIENCE);
  private AuthorityFiles files;
  private CertificateAuthority authority;
  private PluggedInFiles watched;

  @BeforeEach
  void open() throws Exception {
    files = new AuthorityFiles(dir.resolve("files"), clock);
    Path directory = files.write();
    authority =
        CertificateAuthority.open(
            CaOptions.DEFAULTS.withPluggedIn(Optional.of(directory)),
            Optional.of(dir.resolve("state")),
            clock);
    watched =
        new PluggedInFiles(
            directory,
            Optional.empty(),
            authority,
            clients,
            new AuditLog(Optional.of(dir.resolve("state")), clock),
            clock);
    twice();
  }

  /** Files must rest from one look to the next. */
  private void twice() {
    watched.look();
    watched.look();
  }

  private Issued issue() throws CaException {
    return authority.issue(
        SpiffeId.of("cluster.local", "shop", "cart"),
        CertificateRequest.create().keys().getPublic());
  }

  @Test
  void files_renewed_signFromNowOn() throws Exception {
    Issued before = issue();
    files.renew();
    files.write();
    watched.look();
    assertThat(issue().chain().get(1))
        .as("the files may still change")
        .isEqualTo(before.chain().get(1));
    watched.look();
    assertThat(issue().chain().get(1)).isEqualTo(files.signer());
    assertThat(issue().root()).isEqualTo(before.root());
    assertThat(watched.refused()).isEmpty();
  }

  @Test
  void files_halfWritten_areRefusedOnceAndTheAuthorityBeforeSignsOn() throws Exception {
    Issued before = issue();
    files.renew();
    files.writeCertificates();
    twice();
    twice();
    assertThat(issue().chain().get(1)).isEqualTo(before.chain().get(1));
    assertThat(watched.refused().orElseThrow())
        .matches(finding -> finding.code() == FindingCode.PLUGGED_IN_REFUSED)
        .asString()
        .contains("ca-key.pem: is not the key of", "the authority before signs on");
    assertThat(Files.readString(dir.resolve("state").resolve("audit.log")))
        .containsOnlyOnce("ca refused");

    files.writeKey();
    twice();
    assertThat(issue().chain().get(1)).isEqualTo(files.signer());
    assertThat(watched.refused()).isEmpty();
  }

  @Test
  void files_gone_areAFinding() throws Exception {
    Files.delete(dir.resolve("files").resolve("ca-key.pem"));
    twice();
    assertThat(watched.refused().orElseThrow().message()).contains("ca-key.pem: cannot be read");
    assertThat(issue()).isNotNull();
  }

  @Test
  void files_ofAnotherRoot_signWhenEveryClientKnowsIt() throws Exception {
    Issued before = issue();
    clients.opened("web", "web");
    clients.put("web", authority.trust().sequence(), before.authority());
    AuthorityFiles other = new AuthorityFiles(dir.resolve("files"), clock);
    other.write();
    twice();
    clock.advance(PluggedInFiles.SETTLE);
    watched.look();
    assertThat(issue().chain().get(1)).as("a client is behind").isEqualTo(before.chain().get(1));
    assertThat(authority.trust().bundle().roots().get("cluster.local")).hasSize(2);

    clients.put("web", authority.trust().sequence(), before.authority());
    watched.look();
    assertThat(issue().chain().get(1)).isEqualTo(other.signer());
    assertThat(authority.authorities())
        .extracting(Authority::phase)
        .containsExactly(Phase.OLD, Phase.ACTIVE);
  }

  @Test
  void server_running_takesTheFilesThatChange() throws Exception {
    AuthorityFiles own = new AuthorityFiles(dir.resolve("served"), InstantSource.system());
    CaOptions options = CaOptions.DEFAULTS.withPluggedIn(Optional.of(own.write()));
    try (ControlServer server =
        ControlServer.start(ControlServerOptions.loopback().withInsecure(false).withCa(options))) {
      CertificateAuthority serving = Objects.requireNonNull(server.ca()).authority();
      own.renew();
      own.writeCertificates();
      await(
          () ->
              server.findings().stream()
                  .anyMatch(finding -> finding.code() == FindingCode.PLUGGED_IN_REFUSED));
      own.writeKey();
      await(() -> serving.active().signer().equals(own.signer()));
      await(() -> server.findings().isEmpty());
    }
  }

  /** Commands know it by its identity; a host name that nobody may certify must not cost that. */
  @Test
  void server_whoseAuthorityMustNotCertifyHostNames_answersCommands() throws Exception {
    AuthorityFiles own = new AuthorityFiles(dir.resolve("limited"), InstantSource.system());
    own.renewOnlyFor("example.com");
    CaOptions options = CaOptions.DEFAULTS.withPluggedIn(Optional.of(own.write()));
    try (ControlServer server =
        ControlServer.start(ControlServerOptions.loopback().withInsecure(false).withCa(options))) {
      Set<String> pins = Set.copyOf(Objects.requireNonNull(server.ca()).authority().pins());
      try (SSLSocket socket =
          (SSLSocket)
              AdminRoots.trust(pins)
                  .getSocketFactory()
                  .createSocket(
                      server.adminAddress().getAddress(), server.adminAddress().getPort())) {
        socket.setSoTimeout(30_000);
        socket.startHandshake();
        assertThat(socket.getSession().getPeerCertificates()).contains(own.signer());
      }
    }
  }
}
