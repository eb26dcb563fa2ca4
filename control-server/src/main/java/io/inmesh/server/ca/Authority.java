package io.inmesh.server.ca;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/**
 * One root and the intermediate that signs in its name. Immutable.
 *
 * @param id names it to people: the beginning of its root's {@link #pin}
 * @param root trusted by all clients while the authority is known
 * @param chain from the signing certificate upwards, without the root
 * @param key of the signing certificate; a secret
 * @param phase where it is in its life
 */
record Authority(
    String id, X509Certificate root, List<X509Certificate> chain, PrivateKey key, Phase phase) {
  /** The life of an authority, each step gated on what clients have acknowledged. */
  enum Phase {
    /** Trusted, does not sign. */
    PREPARED,
    /** Signs. */
    ACTIVE,
    /** Trusted, signs no more; its certificates are replaced as they end. */
    OLD,
    /** Trusted; its certificates are to be replaced now. */
    TAINTED
  }

  Authority {
    chain = List.copyOf(chain);
  }

  static Authority of(
      X509Certificate root, List<X509Certificate> chain, PrivateKey key, Phase phase) {
    return new Authority(pin(root).substring(0, 12), root, chain, key, phase);
  }

  /** The certificate that signs. */
  X509Certificate signer() {
    return chain.isEmpty() ? root : chain.get(0);
  }

  Authority in(Phase next) {
    return new Authority(id, root, chain, key, next);
  }

  /** Whether another is the same authority with the same certificate, in the same phase. */
  boolean sameAs(Authority other) {
    return id.equals(other.id) && phase == other.phase && signer().equals(other.signer());
  }

  /** When it can sign no more. */
  Instant expires() {
    return signer().getNotAfter().toInstant();
  }

  /** SHA-256 over a certificate's public key (SPKI), in hex: what join lines carry. */
  static String pin(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(certificate.getPublicKey().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "Authority[" + id + ", " + phase + ", until " + expires() + "]";
  }
}
