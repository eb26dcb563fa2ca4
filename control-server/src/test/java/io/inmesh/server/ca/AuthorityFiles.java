package io.inmesh.server.ca;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Somebody else's authority, which writes its certificates into files for us. */
final class AuthorityFiles {
  private final Path directory;
  private final InstantSource clock;
  private final KeyPair rootKeys = Certificates.keys();
  private final X509Certificate root;
  private KeyPair keys = rootKeys;
  private X509Certificate signer;

  AuthorityFiles(Path directory, InstantSource clock) throws CaException {
    this.directory = directory;
    this.clock = clock;
    root = Certificates.root("cluster.local", rootKeys, clock.instant(), Duration.ofDays(99));
    signer = root;
    renew();
  }

  /** Makes a new key and certificate, not written yet. */
  void renew() throws CaException {
    keys = Certificates.keys();
    signer =
        Certificates.intermediate(
            "cluster.local",
            keys.getPublic(),
            root,
            rootKeys.getPrivate(),
            clock.instant(),
            Duration.ofDays(9));
  }

  /** The same, with a certificate that is good for hosts of one domain only. */
  void renewOnlyFor(String domain) throws Exception {
    keys = Certificates.keys();
    signer =
        new JcaX509CertificateConverter()
            .getCertificate(
                new JcaX509v3CertificateBuilder(
                        root,
                        BigInteger.TWO,
                        Date.from(clock.instant().minus(Certificates.SKEW)),
                        Date.from(clock.instant().plus(Duration.ofDays(9))),
                        new X500Principal("CN=only for " + domain),
                        keys.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign))
                    .addExtension(
                        Extension.nameConstraints,
                        true,
                        new NameConstraints(
                            new GeneralSubtree[] {
                              new GeneralSubtree(new GeneralName(GeneralName.dNSName, domain))
                            },
                            null))
                    .build(
                        new JcaContentSignerBuilder("SHA256withECDSA")
                            .build(rootKeys.getPrivate())));
  }

  X509Certificate signer() {
    return signer;
  }

  Path write() throws CaException, IOException {
    writeCertificates();
    writeKey();
    return directory;
  }

  void writeCertificates() throws CaException, IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("ca-cert.pem"), Pem.write(List.of(signer)));
    Files.writeString(directory.resolve("cert-chain.pem"), Pem.write(List.of(signer)));
    Files.writeString(directory.resolve("root-cert.pem"), Pem.write(List.of(root)));
  }

  void writeKey() throws CaException, IOException {
    Path key = directory.resolve("ca-key.pem");
    Files.writeString(key, Pem.write(keys.getPrivate(), Optional.empty()));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
  }
}
