package io.inmesh.server.ca;

import static io.inmesh.server.Eventually.await;
import static io.inmesh.server.Eventually.awaitUnready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.identity.CertificateRequest;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.TlsPolicy;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.Authority.Phase;
import io.inmesh.testing.FullDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A state directory that cannot be written, restarts at bad moments, clocks that differ. */
class StateFailureTest {
  private static final SpiffeId CART = SpiffeId.of("cluster.local", "shop", "cart");

  @TempDir Path state;
  @TempDir Path safe;
  private final TestClock clock = new TestClock();

  private CertificateAuthority open() throws CaException {
    return CertificateAuthority.open(CaOptions.DEFAULTS, Optional.of(state), clock);
  }

  @BeforeEach
  void keepTheRootsKey() throws CaException {
    RootKey.setUp(CaOptions.DEFAULTS, state, safe.resolve("root-key.pem"), "correct horse", clock);
  }

  private RootKey rootKey() throws CaException {
    return RootKey.read(safe.resolve("root-key.pem"), Optional.of("correct horse"), clock);
  }

  private static Issued issue(CertificateAuthority authority) throws CaException {
    return authority.issue(CART, CertificateRequest.create().keys().getPublic());
  }

  /** Nobody, not even root, writes into what is no directory. */
  private void breakDisk() throws Exception {
    Files.move(state.resolve("ca"), state.resolve("away"));
    Files.createFile(state.resolve("ca"));
  }

  private void mendDisk() throws Exception {
    Files.delete(state.resolve("ca"));
    Files.move(state.resolve("away"), state.resolve("ca"));
  }

  private interface Change {
    void run() throws CaException;
  }

  /** Why the disk takes nothing: the directory is none, or each file ends after a few bytes. */
  private enum Failure {
    UNWRITABLE,
    FULL
  }

  private interface Mend {
    void run() throws Exception;
  }

  private Mend breakDisk(Failure how) throws Exception {
    if (how == Failure.FULL) {
      return FullDisk.after(20)::close;
    }
    breakDisk();
    return this::mendDisk;
  }

  private List<String> files() throws IOException {
    try (var files = Files.walk(state)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  @ParameterizedTest
  @EnumSource
  void unwritable_changesAreRefused_nothingIsHalfDone_andIssuingGoesOn(Failure how)
      throws Exception {
    CertificateAuthority authority = open();
    String prepared = authority.prepare().id();
    String renewed = rootKey().certify(authority.requestSigner());
    X509Certificate signer = authority.active().signer();
    TrustState trust = authority.trust();
    Mend mend = breakDisk(how);
    List<Change> changes =
        List.of(
            () -> authority.ban(CART),
            authority::prepare,
            () -> authority.activate(prepared),
            () -> authority.revoke(prepared),
            () -> authority.renewSigner(renewed));
    for (Change change : changes) {
      assertThatThrownBy(change::run)
          .hasMessageContaining("cannot be written")
          .matches(failure -> ((CaException) failure).isUnavailable());
    }
    assertThat(authority.trust()).isSameAs(trust);
    assertThat(authority.active().signer()).isEqualTo(signer);
    assertThat(issue(authority)).isNotNull();

    mend.run();
    assertThat(files()).noneMatch(file -> file.endsWith(".next"));
    assertThat(open().authorities())
        .extracting(Authority::phase)
        .containsExactly(Phase.ACTIVE, Phase.PREPARED);
    authority.renewSigner(renewed);
    authority.activate(prepared);
    authority.ban(CART);
    CertificateAuthority again = open();
    assertThat(again.active().id()).isEqualTo(prepared);
    assertThat(again.trust().bundle().banned()).containsExactly(CART);
  }

  /** The key is on the disk, the list of authorities is not: as if the process had died there. */
  @Test
  void crash_betweenKeyAndList_leavesWhatWasBefore() throws Exception {
    CertificateAuthority authority = open();
    String active = authority.active().id();
    Issued before = issue(authority);
    Path list = state.resolve("ca").resolve("ca.json");
    String content = Files.readString(list);
    Files.delete(list);
    Files.createDirectories(list.resolve("in-the-way"));
    String renewed = rootKey().certify(authority.requestSigner());
    assertThatThrownBy(authority::prepare).hasMessageContaining("ca.json: cannot be written");
    assertThatThrownBy(() -> authority.renewSigner(renewed))
        .hasMessageContaining("ca.json: cannot be written");
    Files.delete(list.resolve("in-the-way"));
    Files.delete(list);
    PrivateFiles.write(list, content);

    CertificateAuthority again = open();
    assertThat(again.authorities()).singleElement().matches(only -> only.id().equals(active));
    Issued after = issue(again);
    assertThat(after.root()).isEqualTo(before.root());
    after.leaf().verify(again.active().signer().getPublicKey());
    assertThat(again.prepare().phase()).isEqualTo(Phase.PREPARED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"prepare", "activate", "taint", "revoke"})
  void restart_afterAnyStepOfARotation_goesOnFromThere(String last) throws Exception {
    CertificateAuthority authority = open();
    String old = authority.active().id();
    String next = authority.prepare().id();
    if (!last.equals("prepare")) {
      authority.activate(next);
      if (!last.equals("activate")) {
        authority.taint(old);
        if (!last.equals("taint")) {
          authority.revoke(old);
        }
      }
    }
    CertificateAuthority again = open();
    assertThat(again.authorities())
        .usingRecursiveFieldByFieldElementComparatorOnFields("id", "phase")
        .isEqualTo(authority.authorities());
    assertThat(again.trust().renewAuthorities()).isEqualTo(authority.trust().renewAuthorities());
    assertThat(issue(again).authority()).isEqualTo(last.equals("prepare") ? old : next);
  }

  @ParameterizedTest
  @EnumSource
  void running_withAnUnwritableDisk_renewsAndRefusesJoiners_untilItIsMended(Failure how)
      throws Exception {
    CaOptions options = CaOptions.DEFAULTS.withLeafTtl(Duration.ofSeconds(10));
    try (ControlServer server =
        ControlServer.start(
            ControlServerOptions.loopback().withInsecure(false).withState(state).withCa(options))) {
      MeshCa ca = Objects.requireNonNull(server.ca());
      String first = ca.joinToken("shop", "cart", 1, Duration.ofMinutes(5));
      String second = ca.joinToken("shop", "web", 1, Duration.ofMinutes(5));
      try (Mesh cart = join(server, "cart", first)) {
        await(() -> cart.inbound(8080).tls().generation() != null);
        TlsGeneration now = Objects.requireNonNull(cart.inbound(8080).tls().generation()).current();
        Mend mend = breakDisk(how);
        try (Mesh web = join(server, "web", second)) {
          try {
            awaitUnready(web, "tokens.json: cannot be written");
            await(() -> now.current().number() > now.number());
          } finally {
            mend.run();
          }
          await(() -> web.inbound(8080).tls().generation() != null);
        }
        assertThat(ca.tokens().descriptions()).allMatch(token -> token.used() == 1);
      }
    }
  }

  private static Mesh join(ControlServer server, String service, String token) {
    return Mesh.start(
        MeshConfig.builder()
            .controlServer("localhost:" + server.xdsAddress().getPort())
            .service(service)
            .namespace("shop")
            .token(token)
            .build());
  }

  /** How a process with the right time takes a certificate of an authority whose clock is off. */
  private void verify(Duration ahead) throws Exception {
    clock.advance(ahead);
    CertificateAuthority authority =
        CertificateAuthority.open(CaOptions.DEFAULTS, Optional.empty(), clock);
    KeyPair keys = Certificates.keys();
    Issued issued = authority.issue(CART, keys.getPublic());
    TlsMaterial material = new TlsMaterial();
    material.update(new Svid(CART, issued.chain(), keys.getPrivate()), authority.trust().bundle());
    TlsGeneration generation =
        Objects.requireNonNull(
            material.client(new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null)));
    generation
        .trust()
        .checkServerTrusted(issued.chain().toArray(X509Certificate[]::new), "UNKNOWN");
  }

  @ParameterizedTest
  @ValueSource(longs = {-10, 10})
  void clock_tenMinutesOff_isNoMatter(long minutes) throws Exception {
    verify(Duration.ofMinutes(minutes));
  }

  @ParameterizedTest
  @ValueSource(longs = {-60 * 25, 20})
  void clock_furtherOff_isNamedAsTheReason(long minutes) {
    assertThatThrownBy(() -> verify(Duration.ofMinutes(minutes)))
        .hasMessageContaining("this host's clock says")
        .hasMessageContaining("do the clocks differ?");
  }

  private ControlServer server(InstantSource clock, Duration leafTtl) throws Exception {
    CaOptions options = CaOptions.DEFAULTS.withClock(clock).withLeafTtl(leafTtl);
    return ControlServer.start(
        ControlServerOptions.loopback().withInsecure(false).withState(state).withCa(options));
  }

  private static Mesh join(ControlServer server) throws CaException {
    MeshCa ca = Objects.requireNonNull(server.ca());
    return join(server, "cart", ca.joinToken("shop", "cart", 0, Duration.ofHours(1)));
  }

  /** To the process, the certificates end seconds after they were issued. */
  @Test
  void controlServer_tenMinutesBehind_processJoinsAndRenews() throws Exception {
    Duration off = Duration.ofMinutes(10);
    InstantSource behind = InstantSource.offset(InstantSource.system(), off.negated());
    try (ControlServer server = server(behind, off.plusSeconds(8));
        Mesh cart = join(server)) {
      Path log = state.resolve("audit.log");
      await(() -> text(log).contains("\"method\":\"renewal\""));
      assertThat(text(log)).doesNotContain("\"event\":\"refused\"");
      assertThat(cart.register("http", 80, 8080).whenRegistered())
          .succeedsWithin(Duration.ofSeconds(20));
    }
  }

  @Test
  void controlServer_tenMinutesAhead_processJoins() throws Exception {
    InstantSource ahead = InstantSource.offset(InstantSource.system(), Duration.ofMinutes(10));
    try (ControlServer server = server(ahead, Duration.ofHours(24));
        Mesh cart = join(server)) {
      assertThat(cart.register("http", 80, 8080).whenRegistered())
          .succeedsWithin(Duration.ofSeconds(20));
    }
  }

  @Test
  void controlServer_tooFarAhead_isNamedAsTheReason() throws Exception {
    InstantSource ahead = InstantSource.offset(InstantSource.system(), Duration.ofMinutes(20));
    try (ControlServer server = server(ahead, Duration.ofHours(24));
        Mesh cart = join(server)) {
      await(() -> notReady(cart).contains("do the clocks differ?"));
    }
  }

  @Test
  void adminRoots_thatCannotBeWritten_stopNoStart_andAreMadeUpFor() throws Exception {
    Path file = AdminRoots.file(state);
    server(InstantSource.system(), Duration.ofHours(24)).close();
    String roots = Files.readString(file);
    Object written = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    server(InstantSource.system(), Duration.ofHours(24)).close();
    assertThat(Files.readAttributes(file, BasicFileAttributes.class).fileKey())
        .as("nothing to write")
        .isEqualTo(written);

    Files.delete(file);
    Path inTheWay = Files.createDirectories(file.resolve("in-the-way"));
    try (ControlServer server = server(InstantSource.system(), Duration.ofHours(24))) {
      assertThat(Objects.requireNonNull(server.ca()).authority().pins()).hasSize(1);
      Files.delete(inTheWay);
      Files.delete(file);
      await(() -> text(file).equals(roots));
    }
  }

  private static String notReady(Mesh mesh) {
    try {
      mesh.whenReady(Duration.ofMillis(100)).toCompletableFuture().get();
      return "";
    } catch (ExecutionException | InterruptedException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      return "";
    }
  }
}
