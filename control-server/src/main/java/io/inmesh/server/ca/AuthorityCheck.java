package io.inmesh.server.ca;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;

/** Whether certificates and a key from outside can be signed with. */
final class AuthorityCheck {
  private AuthorityCheck() {}

  /**
   * Refuses what cannot be signed with.
   *
   * @param chain the signing certificate first; the root only if it signs itself
   * @param certificate what to call the signing certificate
   * @param keyName what to call its key
   * @param rootName what to call the root
   * @throws CaException naming what is wrong
   */
  static void check(
      X509Certificate root,
      List<X509Certificate> chain,
      PrivateKey key,
      Instant now,
      String certificate,
      String keyName,
      String rootName)
      throws CaException {
    X509Certificate signer = chain.get(0);
    if (signer.getBasicConstraints() < 0) {
      throw new CaException(certificate + ": is not the certificate of an authority");
    }
    if (!signer.getNotAfter().toInstant().isAfter(now)) {
      throw new CaException(certificate + ": has expired on " + signer.getNotAfter().toInstant());
    }
    if (!fits(key, signer.getPublicKey())) {
      throw new CaException(keyName + ": is not the key of " + certificate);
    }
    if (signer.equals(root)) {
      return;
    }
    try {
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
    } catch (GeneralSecurityException e) {
      throw new CaException(certificate + ": does not lead to " + rootName, e);
    }
  }

  static boolean fits(PrivateKey key, PublicKey certified) {
    try {
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
      byte[] probe = {1, 2, 3};
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
