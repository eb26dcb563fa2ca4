package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.identity.CertificateRequest;
import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.Authority.Phase;
import io.inmesh.server.config.FindingCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final SpiffeId CART = SpiffeId.of("cluster.local", "shop", "cart");

  @TempDir Path dir;
  @TempDir Path safe;
  private final TestClock clock = new TestClock();

  private CertificateAuthority open(CaOptions options) throws CaException {
    return CertificateAuthority.open(options, Optional.of(dir), clock);
  }

  private CertificateAuthority open() throws CaException {
    return open(CaOptions.DEFAULTS);
  }

  private static Issued issue(CertificateAuthority authority, SpiffeId id) throws CaException {
    return authority.issue(id, CertificateRequest.create().keys().getPublic());
  }

  private static String trusted(CertificateAuthority authority, Issued issued) throws Exception {
    var roots =
        java.util.Objects.requireNonNull(authority.trust().bundle().roots().get("cluster.local"));
    var anchors = new java.util.HashSet<java.security.cert.TrustAnchor>();
    roots.forEach(root -> anchors.add(new java.security.cert.TrustAnchor(root, null)));
    var parameters = new java.security.cert.PKIXParameters(anchors);
    parameters.setRevocationEnabled(false);
    java.security.cert.CertPathValidator.getInstance("PKIX")
        .validate(
            java.security.cert.CertificateFactory.getInstance("X.509")
                .generateCertPath(issued.chain()),
            parameters);
    return SpiffeId.of(issued.leaf()).toString();
  }

  @Test
  void issue_identity_isAnSvidThatLeadsToTheRoot() throws Exception {
    CertificateAuthority authority = open();
    Issued issued = issue(authority, CART);
    assertThat(trusted(authority, issued)).isEqualTo(CART.toString());
    X509Certificate leaf = issued.leaf();
    assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
    assertThat(leaf.getCriticalExtensionOIDs()).contains(Extension.subjectAlternativeName.getId());
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getSerialNumber().bitLength()).isGreaterThan(64);
    assertThat(leaf.getNotBefore())
        .isBefore(java.util.Date.from(clock.instant().minusSeconds(600)));
    assertThat(Duration.between(clock.instant(), leaf.getNotAfter().toInstant()))
        .isBetween(Duration.ofHours(23), Duration.ofHours(24));
    assertThat(issued.chain()).hasSize(2);
  }

  @Test
  void issue_requestWithForeignNames_contributesItsKeyOnly() throws Exception {
    KeyPair keys = Certificates.keys();
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(
        Extension.subjectAlternativeName,
        true,
        new GeneralNames(
            new GeneralName(
                GeneralName.uniformResourceIdentifier, "spiffe://cluster.local/ns/bank/sa/vault")));
    byte[] request =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=vault"), keys.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
            .getEncoded();
    CertificateAuthority authority = open();
    Issued issued = authority.issue(CART, SigningRequest.key(request));
    assertThat(trusted(authority, issued)).isEqualTo(CART.toString());
    assertThat(issued.leaf().getSubjectAlternativeNames()).hasSize(1);
    assertThat(issued.leaf().getPublicKey()).isEqualTo(keys.getPublic());
  }

  @Test
  void request_notSignedByItsKey_isRefused() throws Exception {
    KeyPair own = Certificates.keys();
    KeyPair foreign = Certificates.keys();
    byte[] request =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=a"), foreign.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(own.getPrivate()))
            .getEncoded();
    assertThatThrownBy(() -> SigningRequest.key(request))
        .hasMessageContaining("not signed by the key in it");
    assertThatThrownBy(() -> SigningRequest.key(new byte[0])).hasMessageContaining("csr:");
    assertThatThrownBy(() -> SigningRequest.key(new byte[20_000])).hasMessageContaining("csr:");
    assertThatThrownBy(() -> SigningRequest.key(new byte[] {48, 3, 2, 1, 0}))
        .hasMessageContaining("PKCS#10");
  }

  @Test
  void request_weakKey_isRefused() throws Exception {
    var generator = java.security.KeyPairGenerator.getInstance("RSA");
    generator.initialize(1024);
    KeyPair weak = generator.generateKeyPair();
    byte[] request =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=a"), weak.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withRSA").build(weak.getPrivate()))
            .getEncoded();
    assertThatThrownBy(() -> SigningRequest.key(request))
        .isInstanceOf(CaException.class)
        .hasMessageContaining("2048");
  }

  @Test
  void issue_bannedOrForeign_isRefused() throws Exception {
    CertificateAuthority authority = open();
    authority.ban(CART);
    assertThatThrownBy(() -> issue(authority, CART)).hasMessageContaining("banned");
    assertThatThrownBy(() -> issue(authority, SpiffeId.of("other", "shop", "cart")))
        .hasMessageContaining("not of trust domain");
    authority.unban(CART);
    assertThat(issue(authority, CART)).isNotNull();
  }

  @Test
  void open_again_isTheSameAuthorityWithItsBans() throws Exception {
    CertificateAuthority first = open();
    Issued issued = issue(first, CART);
    first.ban(SpiffeId.of("cluster.local", "shop", "evil"));
    CertificateAuthority second = open();
    assertThat(second.pins()).isEqualTo(first.pins());
    assertThat(trusted(second, issued)).isEqualTo(CART.toString());
    assertThat(second.trust().bundle().banned()).hasSize(1);
    assertThat(second.trust().sequence()).isGreaterThanOrEqualTo(first.trust().sequence());
  }

  @Test
  void open_otherTrustDomain_isRefused() throws Exception {
    open();
    assertThatThrownBy(() -> open(CaOptions.DEFAULTS.withTrustDomain("other")))
        .hasMessageContaining("'cluster.local'")
        .hasMessageContaining("'other'");
  }

  @Test
  void state_isForItsOwnerOnly_andHasNoKeyOfTheRoot() throws Exception {
    CertificateAuthority authority = open();
    PublicKey root = authority.active().root().getPublicKey();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
        String text = Files.readString(file);
        if (text.contains("PRIVATE KEY")) {
          PrivateKey key = Pem.key(text, Optional.empty(), file.toString());
          assertThat(AuthorityCheck.fits(key, root)).as(file.toString()).isFalse();
        }
      }
    }
    assertThat(issue(open(), CART)).isNotNull();
  }

  @Test
  void root_whoseKeyIsKept_isSetUpBeforeTheServer() throws Exception {
    Path key = keep();
    assertThat(Files.readString(key)).contains("BEGIN ENCRYPTED PRIVATE KEY");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    CertificateAuthority authority = open();
    assertThat(trusted(authority, issue(authority, CART))).isEqualTo(CART.toString());
    assertThatThrownBy(this::keep).hasMessageContaining("has an authority");
    Path inside = dir.resolve("root-key.pem");
    assertThatThrownBy(() -> RootKey.setUp(CaOptions.DEFAULTS, dir, inside, "correct horse"))
        .hasMessageContaining("in the state directory");
    assertThatThrownBy(
            () -> RootKey.make(key, "correct horse", "cluster.local", Duration.ofDays(1)))
        .hasMessageContaining("exists");
    assertThatThrownBy(() -> RootKey.read(key, Optional.of("wrong")))
        .hasMessageContaining("passphrase");
  }

  @Test
  void prepare_rootWhoseKeyIsKept_signsOnceItIsActive() throws Exception {
    CertificateAuthority authority = open();
    Path key = safe.resolve("next.pem");
    SignerRequest asked = authority.requestSigner();
    String root = RootKey.make(key, "correct horse", "cluster.local", Duration.ofDays(1000));
    RootKey holder = RootKey.read(key, Optional.of("correct horse"));
    String certificate =
        holder.certify(
            new SignerRequest(
                "next", asked.trustDomain(), asked.request(), root, asked.ttlSeconds()));
    String stranger = Pem.write(List.of(authority.active().root()));
    assertThatThrownBy(() -> authority.prepare(stranger, certificate))
        .hasMessageContaining("does not lead to root");
    String leaf = Pem.write(List.of(issue(authority, CART).leaf()));
    assertThatThrownBy(() -> authority.prepare(leaf, certificate))
        .hasMessageContaining("not the certificate of an authority");
    Authority next = authority.prepare(root, certificate);
    assertThatThrownBy(() -> authority.prepare(root, certificate))
        .hasMessageContaining("begin anew");
    authority.activate(next.id());
    assertThat(issue(authority, CART).root()).isEqualTo(next.root());
    assertThat(issue(open(), CART).root()).isEqualTo(next.root());
  }

  @Test
  void open_keyOthersCanRead_isRefused() throws Exception {
    Path key = dir.resolve("ca").resolve(open().active().id()).resolve("signer.pem");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(this::open).hasMessageContaining("chmod 600");
  }

  @Test
  void passphrase_encryptsKeys_andIsNeeded() throws Exception {
    CaOptions options = CaOptions.DEFAULTS.withPassphrase(Optional.of("correct horse"));
    CertificateAuthority authority = open(options);
    Path key = dir.resolve("ca").resolve(authority.active().id()).resolve("signer.pem");
    assertThat(Files.readString(key)).contains("BEGIN ENCRYPTED PRIVATE KEY");
    assertThat(open(options).pins()).isEqualTo(authority.pins());
    assertThatThrownBy(this::open).hasMessageContaining("INMESH_CA_PASSPHRASE");
    assertThatThrownBy(() -> open(options.withPassphrase(Optional.of("wrong"))))
        .hasMessageContaining("passphrase");
    assertThat(options.toString()).doesNotContain("horse");
  }

  @Test
  void rotation_stepByStep_trustsBothInBetween() throws Exception {
    CertificateAuthority authority = open();
    List<TrustState> told = new ArrayList<>();
    authority.listen(told::add);
    Issued before = issue(authority, CART);
    String old = authority.active().id();

    String next = authority.prepare().id();
    assertThat(trusted(authority, issue(authority, CART))).isNotNull();
    assertThat(issue(authority, CART).authority()).isEqualTo(old);
    assertThatThrownBy(() -> authority.taint(old)).hasMessageContaining("must be [OLD]");

    authority.activate(next);
    assertThat(issue(authority, CART).authority()).isEqualTo(next);
    assertThat(trusted(authority, before)).isNotNull();
    assertThat(trusted(authority, issue(authority, CART))).isNotNull();
    assertThatThrownBy(() -> authority.revoke(next)).hasMessageContaining("ACTIVE");

    authority.taint(old);
    assertThat(authority.trust().renewAuthorities()).containsExactly(old);
    authority.revoke(old);
    assertThat(authority.trust().renewAuthorities()).isEmpty();
    assertThatThrownBy(() -> trusted(authority, before))
        .isInstanceOf(java.security.cert.CertPathValidatorException.class);
    assertThat(open().authorities()).singleElement().matches(left -> left.phase() == Phase.ACTIVE);
    assertThat(told)
        .hasSize(4)
        .isSortedAccordingTo(java.util.Comparator.comparingLong(TrustState::sequence));
  }

  @Test
  void signer_renewedWithTheRootsKey_keepsTheRootAndWhatWasIssued() throws Exception {
    RootKey rootKey = RootKey.read(keep(), Optional.of("correct horse"), clock);
    CertificateAuthority authority = open();
    X509Certificate signer = authority.active().signer();
    Issued before = issue(authority, CART);
    authority.renewSigner(rootKey.certify(authority.requestSigner()));
    assertThat(authority.active().signer()).isNotEqualTo(signer);
    assertThat(trusted(authority, before)).isNotNull();
    assertThat(trusted(authority, issue(authority, CART))).isNotNull();
    assertThat(open().active().signer()).isEqualTo(authority.active().signer());
    assertThat(rootKey.toString()).doesNotContain("PRIVATE");
  }

  /** Sets up a root whose key is in a file. */
  private Path keep() throws CaException {
    Path key = safe.resolve("root-key.pem");
    RootKey.setUp(CaOptions.DEFAULTS, dir, key, "correct horse", clock);
    return key;
  }

  @Test
  void signer_certificateThatDoesNotFit_isRefusedAndTheOldOneSignsOn() throws Exception {
    RootKey rootKey = RootKey.read(keep(), Optional.of("correct horse"), clock);
    CertificateAuthority authority = open();
    X509Certificate signer = authority.active().signer();
    assertThatThrownBy(() -> authority.renewSigner(Pem.write(List.of(signer))))
        .hasMessageContaining("begin anew");
    String forAnEarlierKey = rootKey.certify(authority.requestSigner());
    String fits = rootKey.certify(authority.requestSigner());
    assertThatThrownBy(() -> authority.renewSigner(forAnEarlierKey))
        .hasMessageContaining("is not the key of certificate");
    assertThatThrownBy(() -> authority.renewSigner("nonsense"))
        .hasMessageContaining("certificate: ");
    Path foreign = dir.resolve("foreign.pem");
    Files.writeString(foreign, Pem.write(Certificates.keys().getPrivate(), Optional.empty()));
    assertThatThrownBy(
            () -> RootKey.read(foreign, Optional.empty()).certify(authority.requestSigner()))
        .hasMessageContaining("foreign.pem: is not the key of root");
    assertThat(authority.active().signer()).isEqualTo(signer);
    assertThatThrownBy(() -> authority.renewSigner(fits))
        .as("the request after it counts")
        .hasMessageContaining("is not the key");
    assertThat(issue(authority, CART)).isNotNull();
  }

  @Test
  void endings_areToldInTime() throws Exception {
    RootKey rootKey = RootKey.read(keep(), Optional.of("correct horse"), clock);
    CertificateAuthority authority = open();
    assertThat(authority.endings()).isEmpty();
    clock.advance(Duration.ofDays(340));
    assertThat(authority.endings())
        .singleElement()
        .matches(finding -> finding.code() == FindingCode.SIGNER_ENDS)
        .asString()
        .contains("warning IM1655", "inmesh ca renew --root-key");
    clock.advance(Duration.ofDays(30));
    assertThat(authority.endings())
        .singleElement()
        .matches(finding -> finding.code() == FindingCode.SIGNER_ENDED && finding.isError());
    authority.renewSigner(rootKey.certify(authority.requestSigner()));
    assertThat(authority.endings()).isEmpty();
    clock.advance(Duration.ofDays(3650 - 370 - 390));
    assertThat(authority.endings())
        .anyMatch(finding -> finding.code() == FindingCode.ROOT_ENDS)
        .asString()
        .contains("inmesh ca prepare");
  }

  @Test
  void leaf_neverOutlivesItsIssuer_andAnExpiredIssuerSignsNothing() throws Exception {
    CertificateAuthority authority = open();
    Instant end = authority.active().expires();
    clock.advance(Duration.between(clock.instant(), end).minusHours(1));
    assertThat(issue(authority, CART).leaf().getNotAfter().toInstant()).isEqualTo(end);
    clock.advance(Duration.ofHours(2));
    assertThatThrownBy(() -> issue(authority, CART)).hasMessageContaining("has expired");
  }

  @Test
  void pluggedIn_authority_isCheckedAndUsed() throws Exception {
    Path files = new AuthorityFiles(dir.resolve("plugged-in"), clock).write();
    CertificateAuthority authority = open(CaOptions.DEFAULTS.withPluggedIn(Optional.of(files)));
    Issued issued = issue(authority, CART);
    assertThat(trusted(authority, issued)).isNotNull();
    assertThat(authority.authorities()).hasSize(1);
    Files.writeString(
        files.resolve("ca-key.pem"), Pem.write(Certificates.keys().getPrivate(), Optional.empty()));
    assertThatThrownBy(() -> open(CaOptions.DEFAULTS.withPluggedIn(Optional.of(files))))
        .hasMessageContaining("ca-key.pem: is not the key of");
  }

  @Test
  void pluggedIn_leadsElsewhere_isRefused() throws Exception {
    Path files = new AuthorityFiles(dir.resolve("plugged-in"), clock).write();
    Files.writeString(
        files.resolve("root-cert.pem"),
        Pem.write(
            List.of(
                Certificates.root(
                    "cluster.local", Certificates.keys(), clock.instant(), Duration.ofDays(9)))));
    assertThatThrownBy(() -> open(CaOptions.DEFAULTS.withPluggedIn(Optional.of(files))))
        .hasMessageContaining("ca-cert.pem: does not lead to");
  }
}
