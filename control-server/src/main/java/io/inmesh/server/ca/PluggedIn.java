package io.inmesh.server.ca;

import io.inmesh.server.ca.Authority.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads an authority from files under the names that Istio gives them, and checks that they fit.
 */
final class PluggedIn {
  /** The files there may be; all but the chain there must be. */
  static final List<String> FILES =
      List.of("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem");

  private PluggedIn() {}

  static Authority read(Path directory, Optional<String> passphrase, Instant now)
      throws CaException {
    X509Certificate signer = certificates(directory, "ca-cert.pem").get(0);
    PrivateKey key =
        Pem.key(
            PrivateFiles.read(directory.resolve("ca-key.pem")),
            passphrase,
            directory + "/ca-key.pem");
    X509Certificate root = certificates(directory, "root-cert.pem").get(0);
    List<X509Certificate> chain = new ArrayList<>();
    chain.add(signer);
    if (Files.exists(directory.resolve("cert-chain.pem"))) {
      certificates(directory, "cert-chain.pem").stream()
          .filter(certificate -> !chain.contains(certificate) && !certificate.equals(root))
          .forEach(chain::add);
    }
    String names = directory + "/";
    AuthorityCheck.check(
        root,
        chain,
        key,
        now,
        names + "ca-cert.pem",
        names + "ca-key.pem",
        names + "root-cert.pem");
    if (signer.equals(root)) {
      chain.clear();
    }
    return Authority.of(root, chain, key, Phase.ACTIVE);
  }

  private static List<X509Certificate> certificates(Path directory, String name)
      throws CaException {
    Path file = directory.resolve(name);
    try {
      return Pem.certificates(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new CaException(file + ": cannot be read (" + e + ")", e);
    }
  }
}
