package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.model.StringMatch;
import io.inmesh.testing.TestAuthority;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SpiffeTrustTest {
  private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final TestAuthority STRANGER = new TestAuthority();
  private static final Duration AN_HOUR = Duration.ofHours(1);

  private static void verify(Svid svid, TrustBundle bundle, StringMatch... peers)
      throws CertificateException {
    SpiffeTrust trust = new SpiffeTrust(bundle, List.of(peers));
    for (boolean server : new boolean[] {true, false}) {
      assertThat(trust.verify(svid.chain().toArray(X509Certificate[]::new), server))
          .isEqualTo(svid.id());
    }
  }

  @Test
  void verify_workloadOfATrustedDomain_isBelieved() {
    assertThatCode(() -> verify(AUTHORITY.svid(CART), AUTHORITY.bundle()))
        .doesNotThrowAnyException();
  }

  @Test
  void verify_chainWithItsRoot_isBelieved() {
    Svid svid = AUTHORITY.svid(CART);
    Svid withRoot = new Svid(svid.id(), List.of(svid.leaf(), AUTHORITY.root()), svid.key());
    assertThatCode(() -> verify(withRoot, AUTHORITY.bundle())).doesNotThrowAnyException();
  }

  @Test
  void verify_severalRoots_eachIsBelieved() {
    TrustBundle both = TrustBundle.of("cluster.local", Set.of(AUTHORITY.root(), STRANGER.root()));
    assertThatCode(() -> verify(AUTHORITY.svid(CART), both)).doesNotThrowAnyException();
    assertThatCode(() -> verify(STRANGER.svid(CART), both)).doesNotThrowAnyException();
  }

  static Stream<Arguments> attacks() {
    SpiffeId cart = SpiffeId.parse(CART);
    GeneralName cartName = uri(CART);
    Instant now = Instant.now();
    return Stream.of(
        Arguments.of("another authority", STRANGER.svid(CART), "trust anchor"),
        Arguments.of(
            "a trust domain nobody vouches for",
            AUTHORITY.svid("spiffe://evil/ns/shop/sa/cart"),
            "'evil' is not trusted"),
        Arguments.of(
            "two URI names", AUTHORITY.forged(cart, cartName, uri(CART + "2")), "more than one"),
        Arguments.of(
            "the same URI name twice", AUTHORITY.forged(cart, cartName, cartName), "more than one"),
        Arguments.of("no name", AUTHORITY.forged(cart), "no SPIFFE ID"),
        Arguments.of(
            "a host name only",
            AUTHORITY.forged(cart, new GeneralName(GeneralName.dNSName, "cart")),
            "no SPIFFE ID"),
        Arguments.of(
            "a URI that is no SPIFFE ID",
            AUTHORITY.forged(cart, uri("https://cluster.local/ns/shop/sa/cart")),
            "no SPIFFE ID"),
        Arguments.of(
            "a path with ..",
            AUTHORITY.forged(cart, uri("spiffe://cluster.local/ns/shop/sa/../sa/cart")),
            "no SPIFFE ID"),
        Arguments.of(
            "expired", AUTHORITY.svid(CART, now.minus(AN_HOUR), now.minusSeconds(1)), "NotAfter"),
        Arguments.of(
            "not valid yet",
            AUTHORITY.svid(CART, now.plusSeconds(600), now.plus(AN_HOUR)),
            "NotBefore"),
        Arguments.of(
            "the authority itself",
            new Svid(cart, List.of(AUTHORITY.root()), AUTHORITY.svid(CART).key()),
            "not one of a workload"));
  }

  private static GeneralName uri(String text) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, text);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void verify_attack_isRefused(String attack, Svid svid, String expected) {
    assertThatThrownBy(() -> verify(svid, AUTHORITY.bundle()))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void verify_foreignDomain_onlyByItsOwnRoots() {
    TestAuthority partner = new TestAuthority("partner");
    String theirs = "spiffe://partner/ns/shop/sa/cart";
    TrustBundle federated =
        new TrustBundle(
            Map.of("cluster.local", Set.of(AUTHORITY.root()), "partner", Set.of(partner.root())),
            Set.of());
    assertThatCode(() -> verify(partner.svid(theirs), federated)).doesNotThrowAnyException();
    assertThatThrownBy(() -> verify(partner.svid(CART), federated))
        .isInstanceOf(CertificateException.class);
    assertThatThrownBy(() -> verify(AUTHORITY.svid(theirs), federated))
        .isInstanceOf(CertificateException.class);
  }

  @Test
  void verify_banned_isRefused() {
    Svid svid = AUTHORITY.svid(CART);
    TrustBundle bundle = new TrustBundle(AUTHORITY.bundle().roots(), Set.of(svid.id()));
    assertThatThrownBy(() -> verify(svid, bundle)).hasMessageContaining("banned");
  }

  @Test
  void verify_peersNamed_othersAreRefused() {
    Svid svid = AUTHORITY.svid(CART);
    assertThatCode(
            () ->
                verify(
                    svid,
                    AUTHORITY.bundle(),
                    new StringMatch.Exact("spiffe://cluster.local/ns/shop/sa/pay", false),
                    new StringMatch.Exact(CART, false)))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () ->
                verify(
                    svid,
                    AUTHORITY.bundle(),
                    new StringMatch.Exact("spiffe://cluster.local/ns/shop/sa/pay", false)))
        .hasMessageContaining("not an identity that is expected here");
  }
}
