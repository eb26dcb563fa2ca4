package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.lang.ref.WeakReference;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsMaterialTest {
  private static final String WEB = "spiffe://cluster.local/ns/shop/sa/web";
  private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";
  private static final long TEN_MINUTES = 600_000_000_000L;
  private static final TlsPolicy ANY = new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null);

  private final TestAuthority authority = new TestAuthority();
  private final TlsMaterial web = authority.material(WEB);
  private final TlsMaterial cart = authority.material(CART);

  private TlsGeneration client() {
    return Objects.requireNonNull(web.client(ANY));
  }

  private TlsGeneration server() {
    return Objects.requireNonNull(cart.server(ServerTlsPolicy.STRICT).generation());
  }

  @Test
  void client_samePolicy_isTheSameGenerationUntilSomethingChanges() {
    TlsGeneration first = client();
    assertThat(client()).isEqualTo(first).isEqualTo(first.current());
    web.update(authority.svid(WEB), authority.bundle());
    assertThat(client().number()).isGreaterThan(first.number());
    assertThat(first.current()).isEqualTo(client());
  }

  /** Policies come and go with configuration, between two renewals. */
  @Test
  void generation_isKept_whileSomebodyUsesIt() throws Exception {
    TlsGeneration used = client();
    ServerTls serving = cart.server(ServerTlsPolicy.STRICT);
    List<WeakReference<TlsGeneration>> gone = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      gone.add(new WeakReference<>(web.client(ANY.withPeers(peers(i)))));
      ServerTlsPolicy policy =
          new ServerTlsPolicy(
              ServerTlsPolicy.Mode.STRICT, peers(i), Map.of(), TlsParameters.DEFAULT);
      gone.add(new WeakReference<>(cart.server(policy).generation()));
    }
    long end = System.nanoTime() + 20_000_000_000L;
    while (gone.stream().anyMatch(reference -> reference.get() != null)) {
      assertThat(System.nanoTime()).as("they are kept").isLessThan(end);
      System.gc();
    }
    assertThat(client()).isSameAs(used);
    assertThat(cart.server(ServerTlsPolicy.STRICT)).isEqualTo(serving);
  }

  private static List<StringMatch> peers(int number) {
    return List.of(
        new StringMatch.Exact("spiffe://cluster.local/ns/shop/sa/peer-" + number, false));
  }

  @Test
  void client_withoutIdentity_isNone() {
    TlsMaterial nobody = new TlsMaterial();
    assertThat(nobody.client(ANY)).isNull();
    assertThat(nobody.server(ServerTlsPolicy.STRICT))
        .isEqualTo(new ServerTls(ServerTlsPolicy.Mode.STRICT, null));
  }

  @Test
  void watch_eachUpdate_isTold() {
    AtomicInteger told = new AtomicInteger();
    var watch = web.watch(told::incrementAndGet);
    web.update(authority.svid(WEB), authority.bundle());
    assertThat(told).hasValue(1);
    watch.cancel();
    web.update(authority.svid(WEB), authority.bundle());
    assertThat(told).hasValue(1);
  }

  @Test
  void peer_afterAHandshake_isTheOtherSide() throws Exception {
    Handshake done = Handshake.between(client(), server());
    assertThat(client().peer(done.client())).hasToString(CART);
    assertThat(server().peer(done.server())).hasToString(WEB);
  }

  @Test
  void handshake_serverOfAnotherIdentity_fails() {
    TlsPolicy payOnly =
        new TlsPolicy(
            TlsPolicy.Mode.MESH,
            List.of(new StringMatch.Exact("spiffe://cluster.local/ns/shop/sa/pay", false)),
            null,
            null);
    TlsGeneration generation = Objects.requireNonNull(web.client(payOnly));
    assertThatThrownBy(() -> Handshake.between(generation, server()))
        .hasStackTraceContaining(CART + " is not an identity that is expected here");
  }

  @Test
  void handshake_clientOfAnotherAuthority_fails() {
    web.update(new TestAuthority().svid(WEB), authority.bundle());
    assertThatThrownBy(() -> Handshake.between(client(), server()))
        .hasStackTraceContaining("trust anchor");
  }

  @Test
  void standing_renewedLeaf_drainsUntilTheOldOneEnds() throws Exception {
    TlsGeneration before = client();
    SSLSession session = Handshake.between(before, server()).client();
    assertThat(before.standing(session).open()).isTrue();
    web.update(authority.svid(WEB), authority.bundle());
    Standing standing = before.standing(session);
    assertThat(standing.open()).isFalse();
    assertThat(standing.leftNanos()).isBetween(1L, 3_600_000_000_000L);
    assertThat(client().standing(session).open()).isTrue();
  }

  @Test
  void standing_peersCertificate_isWhatTheConnectionEndsWith() throws Exception {
    Instant soon = Instant.now().plusSeconds(600);
    cart.update(authority.svid(CART, Instant.now().minusSeconds(1), soon), authority.bundle());
    TlsGeneration before = client();
    SSLSession session = Handshake.between(before, server()).client();
    assertThat(before.standing(session).open()).isTrue();
    assertThat(before.standing(session).leftNanos()).isBetween(1L, TEN_MINUTES);
    web.update(authority.svid(WEB), authority.bundle());
    assertThat(before.standing(session).open()).isFalse();
    assertThat(before.standing(session).leftNanos()).isBetween(1L, TEN_MINUTES);
  }

  @ParameterizedTest
  @CsvSource({"WEB", "CART"})
  void standing_ofAContextThatIsForEver_endsWithEitherCertificate(String shorter) throws Exception {
    String id = shorter.equals("WEB") ? WEB : CART;
    Instant soon = Instant.now().plusSeconds(600);
    (shorter.equals("WEB") ? web : cart)
        .update(authority.svid(id, Instant.now().minusSeconds(1), soon), authority.bundle());
    Handshake done = Handshake.between(client(), server());
    RotatingTls clients = RotatingTls.of(this::client);
    RotatingTls servers = RotatingTls.of(this::server);
    assertThat(clients.standing(done.client()).leftNanos()).isBetween(1L, TEN_MINUTES);
    assertThat(servers.standing(done.server()).leftNanos()).isBetween(1L, TEN_MINUTES);
    assertThat(RotatingTls.of(() -> null).standing(done.client()).leftNanos())
        .as("nothing to judge by but the certificates")
        .isBetween(1L, TEN_MINUTES);

    cart.update(
        authority.svid(CART),
        new TrustBundle(authority.bundle().roots(), Set.of(SpiffeId.parse(WEB))));
    assertThat(servers.standing(done.server()).open()).isFalse();
    assertThat(servers.standing(done.server()).leftNanos()).isBetween(1L, TEN_MINUTES / 60);
    assertThat(clients.standing(done.client()).open()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "-1, false, 0",
    "0, false, 0",
    "1, true, 1000000000",
    "9223372036854775807, true, 9223372036854775807"
  })
  void within_isTheSooner_andNeverMoreThanNoLimit(long seconds, boolean open, long nanos) {
    assertThat(Standing.KEEP.within(Duration.ofSeconds(seconds)))
        .isEqualTo(new Standing(open, nanos));
    assertThat(Standing.CLOSE.within(Duration.ofSeconds(seconds))).isEqualTo(Standing.CLOSE);
  }

  @Test
  void standing_peerBannedOrRootGone_isClosedAndNoLongerAPeer() throws Exception {
    TlsGeneration before = server();
    SSLSession session = Handshake.between(client(), before).server();
    cart.update(
        cart.svid(), new TrustBundle(authority.bundle().roots(), Set.of(SpiffeId.parse(WEB))));
    assertThat(before.standing(session)).isEqualTo(Standing.CLOSE);
    assertThatThrownBy(() -> before.peer(session)).isInstanceOf(SSLPeerUnverifiedException.class);
    cart.update(cart.svid(), authority.bundle());
    assertThat(before.peer(session)).hasToString(WEB);
    cart.update(cart.svid(), new TestAuthority().bundle());
    assertThat(before.standing(session)).isEqualTo(Standing.CLOSE);
  }

  @Test
  void serverStanding_modeChanged_drains() throws Exception {
    ServerTls strict = cart.server(ServerTlsPolicy.STRICT);
    TlsGeneration generation = server();
    SSLSession session = Handshake.between(client(), generation).server();
    assertThat(strict.standing(generation, session).open()).isTrue();
    assertThat(strict.plaintextStanding().open()).isFalse();
    ServerTls permissive =
        cart.server(new ServerTlsPolicy(ServerTlsPolicy.Mode.PERMISSIVE, List.of()));
    assertThat(permissive.standing(generation, session).open()).isTrue();
    assertThat(permissive.plaintextStanding()).isEqualTo(Standing.KEEP);
    assertThat(ServerTls.DISABLED.standing(generation, session).open()).isFalse();
  }

  @Test
  void serverStanding_peersNarrowed_closesTheOthers() throws Exception {
    TlsGeneration generation = server();
    SSLSession session = Handshake.between(client(), generation).server();
    ServerTls payOnly =
        cart.server(
            new ServerTlsPolicy(
                ServerTlsPolicy.Mode.STRICT,
                List.of(new StringMatch.Exact("spiffe://cluster.local/ns/shop/sa/pay", false))));
    assertThat(payOnly.standing(generation, session)).isEqualTo(Standing.CLOSE);
  }

  @Test
  void texts_neverShowTheKey() {
    Svid svid = authority.svid(WEB);
    assertThat(svid.toString()).contains(WEB).doesNotContain("EC", "key");
    assertThat(client().toString()).matches("TlsGeneration\\[\\d+]");
  }

  @Test
  void bundlesOfAPolicy_goBeforeWhatIsBelievedOtherwise() throws Exception {
    TestAuthority partner = new TestAuthority("partner.example");
    TlsGeneration generation =
        Objects.requireNonNull(
            web.client(
                new TlsPolicy(
                    TlsPolicy.Mode.MESH,
                    List.of(),
                    Map.of("partner.example", partner.rootPem()),
                    List.of(),
                    null,
                    null,
                    null,
                    TlsParameters.DEFAULT)));
    X509Certificate[] theirs = {partner.svid("spiffe://partner.example/ns/default/sa/api").leaf()};
    generation.trust().checkServerTrusted(theirs, "EC");
    X509Certificate[] ours = {Objects.requireNonNull(cart.svid()).leaf()};
    assertThatThrownBy(() -> generation.trust().checkServerTrusted(ours, "EC"))
        .hasMessageContaining("is not trusted");
  }
}
