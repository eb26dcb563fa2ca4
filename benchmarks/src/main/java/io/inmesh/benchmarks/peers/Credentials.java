package io.inmesh.benchmarks.peers;

import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import io.inmesh.testing.TestAuthority;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x509.GeneralName;

/**
 * One certificate for both ends of connections that are mutual TLS without a mesh: P-256, as the
 * mesh's own are, with a SPIFFE ID and the host name that others check.
 */
public final class Credentials {
  private static final SpiffeId ID = SpiffeId.of("cluster.local", "default", "benchmark");

  private Credentials() {}

  /** Writes a new certificate, its key and the root; gives the directory. */
  public static String write(Path directory) throws IOException {
    TestAuthority authority = new TestAuthority();
    Svid svid =
        authority.forged(
            ID,
            new GeneralName(GeneralName.uniformResourceIdentifier, ID.toString()),
            new GeneralName(GeneralName.dNSName, "localhost"),
            new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    Files.createDirectories(directory);
    try {
      pem(directory.resolve("cert.pem"), "CERTIFICATE", svid.leaf().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
    pem(directory.resolve("key.pem"), "PRIVATE KEY", svid.key().getEncoded());
    Files.writeString(directory.resolve("root.pem"), authority.rootPem());
    return directory.toString();
  }

  private static void pem(Path file, String what, byte[] der) throws IOException {
    Files.writeString(
        file,
        "-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END "
            + what
            + "-----\n");
  }

  /** A file of a directory that was written. */
  static File file(String directory, String name) {
    return Path.of(directory, name).toFile();
  }

  /** For transports of ours. */
  static TlsMaterial material(String directory) {
    try {
      TlsMaterial material = new TlsMaterial();
      material.update(
          new Svid(ID, List.of(certificate(directory, "cert.pem")), key(directory)),
          TrustBundle.of("cluster.local", Set.of(certificate(directory, "root.pem"))));
      return material;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(directory + ": " + e.getMessage(), e);
    }
  }

  /** For clients of the JDK's kind. */
  static SSLContext context(String directory) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "own",
        key(directory),
        new char[0],
        new X509Certificate[] {certificate(directory, "cert.pem")});
    keys.setCertificateEntry("root", certificate(directory, "root.pem"));
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, new char[0]);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  private static X509Certificate certificate(String directory, String name)
      throws IOException, GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(Files.readAllBytes(Path.of(directory, name))));
  }

  private static PrivateKey key(String directory) throws IOException, GeneralSecurityException {
    String pem = Files.readString(Path.of(directory, "key.pem"), StandardCharsets.US_ASCII);
    String base64 = pem.replaceAll("-----[A-Z ]+-----", "").replace("\n", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
  }
}
