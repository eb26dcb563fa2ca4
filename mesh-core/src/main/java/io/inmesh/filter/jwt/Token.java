package io.inmesh.filter.jwt;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Map;

/**
 * A token in compact form (RFC 7515), taken apart; nothing of it is verified yet. Confined to one
 * verification.
 */
final class Token {
  /** Why something that should be a token is none. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    final Refusal refusal;

    Malformed(Refusal refusal) {
      super(refusal.text(), null, false, false);
      this.refusal = refusal;
    }
  }

  /** Longer ones are refused unread. */
  static final int MAX_LENGTH = 16 * 1024;

  private final String algorithmName;
  private final Algorithm algorithm;
  private final String keyId;
  private final byte[] signed;
  private final byte[] signature;
  private final String payload;
  private final Map<String, Object> claims;

  private Token(
      String algorithmName,
      Algorithm algorithm,
      String keyId,
      byte[] signed,
      byte[] signature,
      String payload,
      Map<String, Object> claims) {
    this.algorithmName = algorithmName;
    this.algorithm = algorithm;
    this.keyId = keyId;
    this.signed = signed;
    this.signature = signature;
    this.payload = payload;
    this.claims = claims;
  }

  static Token parse(String compact) throws Malformed {
    int first = compact.indexOf('.');
    int second = compact.indexOf('.', first + 1);
    if (compact.length() > MAX_LENGTH
        || first <= 0
        || second < 0
        || compact.indexOf('.', second + 1) >= 0) {
      throw new Malformed(Refusal.FORM);
    }
    try {
      Map<String, Object> header = part(compact.substring(0, first));
      String name = header.get("alg") instanceof String text ? text : "";
      Algorithm algorithm = Algorithm.of(name);
      if (algorithm == null) {
        throw new Malformed(Refusal.ALGORITHM);
      }
      // What must be understood is not.
      if (header.containsKey("crit")) {
        throw new Malformed(Refusal.FORM);
      }
      String payload = compact.substring(first + 1, second);
      return new Token(
          name,
          algorithm,
          header.get("kid") instanceof String text ? text : "",
          compact.substring(0, second).getBytes(StandardCharsets.US_ASCII),
          Json.bytes(compact.substring(second + 1)),
          payload,
          part(payload));
    } catch (IllegalArgumentException e) {
      throw new Malformed(Refusal.FORM);
    }
  }

  private static Map<String, Object> part(String base64url) {
    return Json.object(new String(Json.bytes(base64url), StandardCharsets.UTF_8));
  }

  String algorithmName() {
    return algorithmName;
  }

  Algorithm algorithm() {
    return algorithm;
  }

  /** Empty: none. */
  String keyId() {
    return keyId;
  }

  /** Whether the signature is that of a key. */
  boolean signedWith(PublicKey key) {
    return algorithm.verify(key, signed, signature);
  }

  /** As it was sent: base64url. */
  String payload() {
    return payload;
  }

  Map<String, Object> claims() {
    return claims;
  }

  /** A text claim; empty: there is none. */
  String text(String claim) {
    return claims.get(claim) instanceof String text ? text : "";
  }
}
