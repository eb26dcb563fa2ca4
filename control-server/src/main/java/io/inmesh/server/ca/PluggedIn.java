package io.inmesh.server.ca;

import io.inmesh.server.ca.Authority.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads an authority from files under the names that Istio gives them, and checks that they fit.
 */
final class PluggedIn {
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
    check(directory, root, chain, key, now);
    if (signer.equals(root)) {
      chain.clear();
    }
    return Authority.of(root, chain, key, Phase.ACTIVE);
  }

  private static void check(
      Path directory,
      X509Certificate root,
      List<X509Certificate> chain,
      PrivateKey key,
      Instant now)
      throws CaException {
    X509Certificate signer = chain.get(0);
    if (signer.getBasicConstraints() < 0) {
      throw new CaException(directory + "/ca-cert.pem: is not the certificate of an authority");
    }
    if (!signer.getNotAfter().toInstant().isAfter(now)) {
      throw new CaException(
          directory + "/ca-cert.pem: has expired on " + signer.getNotAfter().toInstant());
    }
    if (!fits(key, signer)) {
      throw new CaException(directory + "/ca-key.pem: is not the key of ca-cert.pem");
    }
    if (signer.equals(root)) {
      return;
    }
    try {
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
      parameters.setRevocationEnabled(false);
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
    } catch (GeneralSecurityException e) {
      throw new CaException(
          directory + ": ca-cert.pem and cert-chain.pem do not lead to root-cert.pem", e);
    }
  }

  private static boolean fits(PrivateKey key, X509Certificate certificate) {
    try {
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
      byte[] probe = {1, 2, 3};
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
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
