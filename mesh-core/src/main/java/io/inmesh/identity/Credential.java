package io.inmesh.identity;

import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this process shows to servers outside the mesh that demand a certificate.
 *
 * @param chain leaf first
 * @param key of the leaf; a secret
 * @param roots of those servers in PEM; null: the policy or the system says
 */
record Credential(List<X509Certificate> chain, PrivateKey key, @Nullable String roots) {
  Credential {
    chain = List.copyOf(chain);
  }

  static Credential of(KeyFiles files) throws CertificateException {
    List<X509Certificate> chain = PemFiles.certificates(files.chain());
    if (chain.isEmpty()) {
      throw new CertificateException("there is no certificate");
    }
    PrivateKey key = PemFiles.key(files.key());
    PemFiles.checkPair(chain.get(0), key);
    return new Credential(chain, key, files.roots());
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "Credential[" + chain.get(0).getSubjectX500Principal() + "]";
  }
}
