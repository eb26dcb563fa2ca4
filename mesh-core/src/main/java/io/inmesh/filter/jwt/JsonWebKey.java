package io.inmesh.filter.jwt;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A public key of a set (RFC 7517).
 *
 * @param id its {@code kid}; empty: none
 * @param algorithm the only one it may be used with; empty: any that takes it
 */
record JsonWebKey(String id, String algorithm, PublicKey key) {
  private static final int MIN_RSA_BITS = 2048;

  /** Larger ones take long to verify with, and who chose the key chose that. */
  static final int MAX_RSA_BITS = 8192;

  /** What comes before the 32 bytes of an Ed25519 key in its X.509 form. */
  private static final byte[] ED25519 = {48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0};

  /** Null if it is for something else, or not usable. */
  static @Nullable JsonWebKey of(Map<?, ?> json) {
    String use = text(json, "use");
    String algorithm = text(json, "alg");
    if (!use.isEmpty() && !use.equals("sig")) {
      return null;
    }
    try {
      PublicKey key =
          switch (text(json, "kty")) {
            case "RSA" -> rsa(json);
            case "EC" -> ec(json);
            case "OKP" -> ed(json);
            default -> null;
          };
      return key == null ? null : new JsonWebKey(text(json, "kid"), algorithm, key);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return null;
    }
  }

  /** Whether it is larger than any that is used. */
  static boolean giant(Map<?, ?> json) {
    // A character has six bits; up to seven of the first byte may be zero.
    return text(json, "n").length() * 6L - 7 > MAX_RSA_BITS;
  }

  /** Whether a token with this header may have been signed with it. */
  boolean fits(String tokenKeyId, String tokenAlgorithm, Algorithm used) {
    return (tokenKeyId.isEmpty() || id.isEmpty() || id.equals(tokenKeyId))
        && (algorithm.isEmpty() || algorithm.equals(tokenAlgorithm))
        && used.takes(key);
  }

  private static @Nullable PublicKey rsa(Map<?, ?> json) throws GeneralSecurityException {
    BigInteger modulus = number(json, "n");
    if (modulus.bitLength() < MIN_RSA_BITS || modulus.bitLength() > MAX_RSA_BITS) {
      return null;
    }
    return KeyFactory.getInstance("RSA")
        .generatePublic(new RSAPublicKeySpec(modulus, number(json, "e")));
  }

  private static @Nullable PublicKey ec(Map<?, ?> json) throws GeneralSecurityException {
    String curve =
        switch (text(json, "crv")) {
          case "P-256" -> "secp256r1";
          case "P-384" -> "secp384r1";
          case "P-521" -> "secp521r1";
          default -> "";
        };
    if (curve.isEmpty()) {
      return null;
    }
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(curve));
    ECParameterSpec specification = parameters.getParameterSpec(ECParameterSpec.class);
    ECPoint point = new ECPoint(number(json, "x"), number(json, "y"));
    // The JDK answers coordinates beyond the field with an error of its own that nobody declares.
    int bits = specification.getCurve().getField().getFieldSize();
    return point.getAffineX().bitLength() > bits || point.getAffineY().bitLength() > bits
        ? null
        : KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, specification));
  }

  private static @Nullable PublicKey ed(Map<?, ?> json) throws GeneralSecurityException {
    byte[] point = Json.bytes(text(json, "x"));
    if (!text(json, "crv").equals("Ed25519") || point.length != 32) {
      return null;
    }
    byte[] encoded = new byte[ED25519.length + point.length];
    System.arraycopy(ED25519, 0, encoded, 0, ED25519.length);
    System.arraycopy(point, 0, encoded, ED25519.length, point.length);
    return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
  }

  private static BigInteger number(Map<?, ?> json, String name) {
    return new BigInteger(1, Json.bytes(text(json, name)));
  }

  private static String text(Map<?, ?> json, String name) {
    return json.get(name) instanceof String text ? text : "";
  }
}
