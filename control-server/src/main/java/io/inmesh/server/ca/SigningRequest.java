package io.inmesh.server.ca;

import io.inmesh.server.ca.CaException.Kind;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** Reads a CSR. All that is taken from it is the public key; names and extensions are ignored. */
final class SigningRequest {
  /** RSA with 8192 bit and some names that nobody reads fit. */
  static final int MAX_BYTES = 4 << 10;

  private static final int MIN_RSA_BITS = 2048;
  private static final int MAX_RSA_BITS = 8192;

  private SigningRequest() {}

  /**
   * The key the caller holds.
   *
   * @param der PKCS#10
   * @throws CaException if it is malformed, not signed by the key in it, or the key is too weak
   */
  static PublicKey key(byte[] der) throws CaException {
    requireSize(der.length);
    PublicKey key;
    boolean proven;
    try {
      JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(der);
      key = request.getPublicKey();
      requireStrong(key);
      proven = request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key));
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | RuntimeException e) {
      throw new CaException(
          Kind.MALFORMED, "csr: is no PKCS#10 request for a key that is known here", e);
    }
    if (!proven) {
      throw new CaException(Kind.MALFORMED, "csr: is not signed by the key in it");
    }
    return key;
  }

  /** Refuses what is no request before it waits anywhere. */
  static void requireSize(int bytes) throws CaException {
    if (bytes == 0 || bytes > MAX_BYTES) {
      throw new CaException(
          Kind.MALFORMED, "csr: must have 1 to " + MAX_BYTES + " bytes, has " + bytes);
    }
  }

  private static void requireStrong(PublicKey key) throws CaException {
    boolean strong =
        key instanceof ECPublicKey ec
            ? ec.getParams().getOrder().bitLength() == 256
                || ec.getParams().getOrder().bitLength() == 384
            : key instanceof RSAPublicKey rsa
                && rsa.getModulus().bitLength() >= MIN_RSA_BITS
                && rsa.getModulus().bitLength() <= MAX_RSA_BITS;
    if (!strong) {
      throw new CaException(
          Kind.MALFORMED, "csr: the key must be EC P-256 or P-384, or RSA with 2048 to 8192 bit");
    }
  }
}
