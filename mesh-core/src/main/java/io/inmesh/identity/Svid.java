package io.inmesh.identity;

import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A workload's certificate chain and key, always together (an X.509-SVID). Immutable.
 *
 * @param id in the leaf
 * @param chain leaf first, intermediates after it, without the root
 * @param key of the leaf; a secret
 */
public record Svid(SpiffeId id, List<X509Certificate> chain, PrivateKey key) {
  public Svid {
    chain = List.copyOf(chain);
  }

  /**
   * The SVID of a chain.
   *
   * @throws CertificateException if there is no SPIFFE ID in the leaf
   */
  public static Svid of(List<X509Certificate> chain, PrivateKey key) throws CertificateException {
    if (chain.isEmpty()) {
      throw new CertificateException("the chain is empty");
    }
    return new Svid(SpiffeId.of(chain.get(0)), chain, key);
  }

  /** The certificate with the name. */
  public X509Certificate leaf() {
    return chain.get(0);
  }

  /** When the first certificate of the chain ends. */
  public Instant expires() {
    return end(chain);
  }

  /** When the first certificate of a chain ends. */
  static Instant end(List<X509Certificate> chain) {
    return chain.stream()
        .map(certificate -> certificate.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "Svid[" + id + " until " + expires() + "]";
  }
}
