package io.inmesh.server.ca;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

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
