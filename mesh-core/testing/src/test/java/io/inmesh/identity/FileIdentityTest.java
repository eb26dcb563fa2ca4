package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.control.ManualClock;
import io.inmesh.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import java.util.Objects;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ID-08: certificate, key and roots in files. */
class FileIdentityTest {
  private static final String ORDERS = "spiffe://cluster.local/ns/default/sa/orders";

  @TempDir private Path directory;
  private final ManualClock clock = new ManualClock();
  private final TestAuthority authority = new TestAuthority();
  private final TlsMaterial material = new TlsMaterial();
  private int renewals;

  private FileIdentity start() {
    FileIdentity identity = new FileIdentity(directory, material, clock, Runnable::run);
    identity.start(() -> renewals++);
    return identity;
  }

  private void tick() {
    clock.advanceNanos(FileIdentity.INTERVAL.toNanos());
  }

  static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + what
        + "-----\n";
  }

  private static String chain(Svid svid) {
    try {
      return pem("CERTIFICATE", svid.leaf().getEncoded());
    } catch (CertificateEncodingException e) {
      throw new AssertionError(e);
    }
  }

  private static String key(Svid svid) {
    return pem("PRIVATE KEY", svid.key().getEncoded());
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  private void certManager(Svid svid) throws IOException {
    write("tls.crt", chain(svid));
    write("tls.key", key(svid));
    write("ca.crt", authority.rootPem());
  }

  private Svid used() {
    return Objects.requireNonNull(material.svid());
  }

  @ParameterizedTest
  @CsvSource({
    "tls.crt, tls.key, ca.crt",
    "cert-chain.pem, key.pem, root-cert.pem",
    "certificates.pem, private_key.pem, ca_certificates.pem",
    "svid.pem, svid_key.pem, svid_bundle.pem"
  })
  void knownLayouts_areRead(String chain, String key, String roots) throws IOException {
    Svid svid = authority.svid(ORDERS);
    write(chain, chain(svid));
    write(key, key(svid));
    write(roots, authority.rootPem());
    FileIdentity identity = start();
    assertThat(identity.ready().toCompletableFuture()).isCompleted();
    assertThat(used().id()).isEqualTo(SpiffeId.parse(ORDERS));
    assertThat(material.bundle().roots().get("cluster.local")).containsExactly(authority.root());
    assertThat(renewals).isEqualTo(1);
  }

  @Test
  void replacedFiles_areTakenWithoutARestart() throws IOException {
    certManager(authority.svid(ORDERS));
    FileIdentity identity = start();
    tick();
    assertThat(renewals).as("nothing changed").isEqualTo(1);

    Svid next = authority.svid(ORDERS);
    certManager(next);
    tick();

    assertThat(used().leaf()).isEqualTo(next.leaf());
    assertThat(renewals).isEqualTo(2);
    identity.close();
    assertThat(clock.pending()).isZero();
  }

  @Test
  void swappedLink_isNoticed() throws IOException {
    Path first = Files.createDirectory(directory.resolve("..first"));
    Path second = Files.createDirectory(directory.resolve("..second"));
    Svid next = authority.svid(ORDERS);
    for (Path into : new Path[] {first, second}) {
      Svid svid = into.equals(first) ? authority.svid(ORDERS) : next;
      Files.writeString(into.resolve("tls.crt"), chain(svid));
      Files.writeString(into.resolve("tls.key"), key(svid));
      Files.writeString(into.resolve("ca.crt"), authority.rootPem());
    }
    Path data = Files.createSymbolicLink(directory.resolve("..data"), first);
    for (String name : new String[] {"tls.crt", "tls.key", "ca.crt"}) {
      Files.createSymbolicLink(directory.resolve(name), data.resolve(name));
    }
    start();
    Path swap = Files.createSymbolicLink(directory.resolve("..swap"), second);
    Files.move(swap, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    tick();
    assertThat(used().leaf()).isEqualTo(next.leaf());
  }

  @Test
  void certificateWithoutItsKey_isNotUsed_untilBothAreThere() throws IOException {
    Svid before = authority.svid(ORDERS);
    certManager(before);
    start();
    Svid next = authority.svid(ORDERS);
    write("tls.crt", chain(next));
    tick();
    assertThat(used().leaf()).isEqualTo(before.leaf());
    write("tls.key", key(next));
    tick();
    assertThat(used().leaf()).isEqualTo(next.leaf());
  }

  @Test
  void rubbish_leavesWhatWasRead() throws IOException {
    Svid before = authority.svid(ORDERS);
    certManager(before);
    start();
    write("tls.crt", "rubbish");
    tick();
    write("tls.crt", chain(authority.svid(ORDERS)) + " ".repeat(1 << 20));
    tick();
    Files.delete(directory.resolve("tls.key"));
    tick();
    assertThat(used().leaf()).isEqualTo(before.leaf());
  }

  @Test
  void filesThatComeLater_areAwaited() throws IOException {
    FileIdentity identity = start();
    assertThat(identity.ready().toCompletableFuture()).isNotDone();
    certManager(authority.svid(ORDERS));
    tick();
    assertThat(identity.ready().toCompletableFuture()).isCompleted();
  }

  @Test
  void olderFormOfKeys_isRead() throws Exception {
    Svid svid = authority.svid(ORDERS);
    ECPrivateKey sec1 =
        new ECPrivateKey(
            256,
            ((java.security.interfaces.ECPrivateKey) svid.key()).getS(),
            SECObjectIdentifiers.secp256r1);
    String key = pem("EC PRIVATE KEY", sec1.getEncoded());
    PemFiles.checkPair(svid.leaf(), PemFiles.key(key));
  }

  @Test
  void missingDirectory_stopsTheStart() {
    assertThatThrownBy(
            () -> new FileIdentity(directory.resolve("gone"), material, clock, Runnable::run))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("identity-dir");
  }
}
