package io.inmesh.filter.jwt;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The signature algorithms of RFC 7518 and RFC 8037 with public keys. Neither {@code none} nor any
 * with a shared secret is among them, and each takes one type of key only: a token cannot choose
 * how a key is used.
 *
 * @param jca the name of the JDK's algorithm
 * @param pss for RSASSA-PSS; null for others
 * @param bits of the curve; 0 for others
 */
record Algorithm(Kind kind, String jca, @Nullable PSSParameterSpec pss, int bits) {
  private enum Kind {
    RSA,
    EC,
    ED
  }

  private static final Map<String, Algorithm> ALL = new TreeMap<>();

  static {
    for (int size : new int[] {256, 384, 512}) {
      String digest = "SHA-" + size;
      ALL.put("RS" + size, new Algorithm(Kind.RSA, "SHA" + size + "withRSA", null, 0));
      ALL.put(
          "PS" + size,
          new Algorithm(
              Kind.RSA,
              "RSASSA-PSS",
              new PSSParameterSpec(
                  "SHA-" + size, "MGF1", new MGF1ParameterSpec(digest), size / 8, 1),
              0));
      ALL.put(
          "ES" + size,
          new Algorithm(
              Kind.EC, "SHA" + size + "withECDSAinP1363Format", null, size == 512 ? 521 : size));
    }
    ALL.put("EdDSA", new Algorithm(Kind.ED, "EdDSA", null, 0));
  }

  /** By its name in tokens; null: not supported. */
  static @Nullable Algorithm of(String name) {
    return ALL.get(name);
  }

  /** Whether it is used with such a key. */
  boolean takes(PublicKey key) {
    return switch (kind) {
      case RSA -> key instanceof RSAPublicKey;
      case EC ->
          key instanceof ECPublicKey ec
              && ec.getParams().getCurve().getField().getFieldSize() == bits;
      case ED -> key instanceof EdECPublicKey;
    };
  }

  /** Whether the signature is the key's. */
  boolean verify(PublicKey key, byte[] signed, byte[] signature) {
    if (kind == Kind.EC && signature.length != (bits + 7) / 8 * 2) {
      return false;
    }
    try {
      Signature verifier = Signature.getInstance(jca);
      if (pss != null) {
        verifier.setParameter(pss);
      }
      verifier.initVerify(key);
      verifier.update(signed);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
