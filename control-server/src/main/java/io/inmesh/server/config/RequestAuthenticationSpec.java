package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Istio {@code RequestAuthentication}: whose tokens the selected workloads accept.
 *
 * @param scope which workloads
 * @param rules one for each issuer
 */
public record RequestAuthenticationSpec(WorkloadScope scope, List<JwtRule> rules) implements Spec {

  /** Copies the list. */
  public RequestAuthenticationSpec {
    rules = List.copyOf(rules);
  }

  /**
   * Tokens of one issuer.
   *
   * @param issuer the {@code iss} claim
   * @param audiences of which {@code aud} holds one; empty: any
   * @param jwks the keys; empty: fetched
   * @param jwksUri where keys are fetched; empty: given
   * @param fromHeaders where tokens are, besides parameters and cookies; nothing said: {@code
   *     Authorization: Bearer} and {@code access_token}
   * @param outputPayloadToHeader gets the claims; empty: none
   * @param forwardOriginalToken whether the application gets the token
   * @param outputClaimToHeaders claims that become headers
   * @param timeout of fetching keys; null: 5 s
   * @param spaceDelimitedClaims claims that are lists of words, besides {@code scope} and {@code
   *     permission}
   * @param required whether a request without a token is refused
   * @param provenance where it is written
   */
  public record JwtRule(
      String issuer,
      List<String> audiences,
      String jwks,
      String jwksUri,
      List<Header> fromHeaders,
      List<String> fromParams,
      List<String> fromCookies,
      String outputPayloadToHeader,
      boolean forwardOriginalToken,
      List<ClaimHeader> outputClaimToHeaders,
      @Nullable Duration timeout,
      List<String> spaceDelimitedClaims,
      boolean required,
      Provenance provenance) {
    /** Copies the lists. */
    public JwtRule {
      audiences = List.copyOf(audiences);
      fromHeaders = List.copyOf(fromHeaders);
      fromParams = List.copyOf(fromParams);
      fromCookies = List.copyOf(fromCookies);
      outputClaimToHeaders = List.copyOf(outputClaimToHeaders);
      spaceDelimitedClaims = List.copyOf(spaceDelimitedClaims);
    }
  }

  /**
   * A header with a token.
   *
   * @param prefix before the token; empty: none
   */
  public record Header(String name, String prefix) {}

  /** A claim that becomes a header. */
  public record ClaimHeader(String header, String claim) {}
}
