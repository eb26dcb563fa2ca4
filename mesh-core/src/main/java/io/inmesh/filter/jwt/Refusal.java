package io.inmesh.filter.jwt;

/** Why a token is not accepted, in words that tell nothing a caller does not know. */
enum Refusal {
  MISSING("Jwt is missing"),
  FORM("Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"),
  ALGORITHM("Jwt algorithm is not supported"),
  ISSUER("Jwt issuer is not configured"),
  AUDIENCE("Audiences in Jwt are not allowed"),
  SUBJECT("Jwt subject is not allowed"),
  EXPIRED("Jwt is expired"),
  NOT_YET_VALID("Jwt not yet valid"),
  NO_EXPIRATION("Jwt has no expiration"),
  LIFETIME("Jwt lifetime is too long"),
  KEYS("Jwks is not available"),
  SIGNATURE("Jwt verification fails");

  private final String text;

  Refusal(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  /** As Envoy answers: whoever shows a good token that is meant for others is known. */
  int status() {
    return this == AUDIENCE ? 403 : 401;
  }
}
