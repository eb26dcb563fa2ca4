package io.inmesh.testing;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs JSON Web Tokens as issuers do, and as forgers do. Immutable. */
public final class TestIssuer {
  private final String keyId;
  private final KeyPair keys;

  private TestIssuer(String keyId, KeyPair keys) {
    this.keyId = keyId;
    this.keys = keys;
  }

  /** With an RSA key of 2048 bits. */
  public static TestIssuer rsa(String keyId) {
    return of(keyId, "RSA", 2048);
  }

  /** With an RSA key. */
  public static TestIssuer rsa(String keyId, int bits) {
    return of(keyId, "RSA", bits);
  }

  /** With a key on one of the curves P-256, P-384 and P-521. */
  public static TestIssuer ec(String keyId, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp" + bits + "r1"));
      return new TestIssuer(keyId, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** With an Ed25519 key. */
  public static TestIssuer ed25519(String keyId) {
    return of(keyId, "Ed25519", 0);
  }

  private static TestIssuer of(String keyId, String algorithm, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (bits > 0) {
        generator.initialize(bits);
      }
      return new TestIssuer(keyId, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A key set of these issuers' keys. */
  public static String jwks(TestIssuer... issuers) {
    StringBuilder json = new StringBuilder("{\"keys\":[");
    for (TestIssuer issuer : issuers) {
      json.append(json.charAt(json.length() - 1) == '[' ? "" : ",").append(issuer.jwk());
    }
    return json.append("]}").toString();
  }

  private String jwk() {
    PublicKey key = keys.getPublic();
    String id = keyId.isEmpty() ? "" : "\"kid\":\"" + keyId + "\",";
    if (key instanceof RSAPublicKey rsa) {
      return "{"
          + id
          + "\"kty\":\"RSA\",\"use\":\"sig\",\"n\":\""
          + number(rsa.getModulus(), 0)
          + "\",\"e\":\""
          + number(rsa.getPublicExponent(), 0)
          + "\"}";
    }
    if (key instanceof ECPublicKey ec) {
      int bits = ec.getParams().getCurve().getField().getFieldSize();
      int bytes = (bits + 7) / 8;
      return "{"
          + id
          + "\"kty\":\"EC\",\"crv\":\"P-"
          + bits
          + "\",\"x\":\""
          + number(ec.getW().getAffineX(), bytes)
          + "\",\"y\":\""
          + number(ec.getW().getAffineY(), bytes)
          + "\"}";
    }
    byte[] encoded = ((EdECPublicKey) key).getEncoded();
    byte[] point = new byte[32];
    System.arraycopy(encoded, encoded.length - 32, point, 0, 32);
    return "{" + id + "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + base64(point) + "\"}";
  }

  /** A token of claims as JSON. */
  public String sign(String algorithm, String claims) {
    String header =
        "{\"alg\":\""
            + algorithm
            + "\""
            + (keyId.isEmpty() ? "" : ",\"kid\":\"" + keyId + "\"")
            + "}";
    return sign(algorithm, header, claims);
  }

  /** A token with a header of the test's own. */
  public String sign(String algorithm, String header, String claims) {
    String signed = base64(header) + "." + base64(claims);
    return signed + "." + base64(signature(algorithm, keys.getPrivate(), signed));
  }

  private static byte[] signature(String algorithm, PrivateKey key, String signed) {
    String size = algorithm.substring(2);
    try {
      Signature signature =
          Signature.getInstance(
              switch (algorithm.substring(0, 2)) {
                case "RS" -> "SHA" + size + "withRSA";
                case "PS" -> "RSASSA-PSS";
                case "ES" -> "SHA" + size + "withECDSAinP1363Format";
                default -> "EdDSA";
              });
      if (algorithm.startsWith("PS")) {
        int bits = Integer.parseInt(size);
        signature.setParameter(
            new PSSParameterSpec(
                "SHA-" + size, "MGF1", new MGF1ParameterSpec("SHA-" + size), bits / 8, 1));
      }
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Signed with the public key as if it were a shared secret: the classic confusion. */
  public String confused(String claims) {
    String signed = base64("{\"alg\":\"HS256\",\"kid\":\"" + keyId + "\"}") + "." + base64(claims);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(keys.getPublic().getEncoded(), "HmacSHA256"));
      return signed + "." + base64(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Base64url without padding. */
  public static String base64(String text) {
    return base64(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String number(BigInteger value, int length) {
    byte[] bytes = value.toByteArray();
    int from = bytes.length > 1 && bytes[0] == 0 ? 1 : 0;
    byte[] padded = new byte[Math.max(length, bytes.length - from)];
    System.arraycopy(
        bytes, from, padded, padded.length - (bytes.length - from), bytes.length - from);
    return base64(padded);
  }

  /** Claims from names and JSON values. */
  public static String claims(Map<String, String> claims) {
    StringBuilder json = new StringBuilder("{");
    claims.forEach(
        (name, value) ->
            json.append(json.length() == 1 ? "" : ",")
                .append('"')
                .append(name)
                .append("\":")
                .append(value));
    return json.append('}').toString();
  }
}
