package io.inmesh.model;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who issues tokens, how they are found in a request and checked, and what becomes of them.
 *
 * @param issuer the {@code iss} claim; empty: any
 * @param audiences of which the {@code aud} claim must hold one; empty: any
 * @param subjects what the {@code sub} claim must be; null: anything
 * @param requireExpiration tokens that never expire are refused
 * @param maxLifetime the longest time from issue to expiry; null: any
 * @param clockSkew how far clocks may be apart
 * @param keys where the keys are
 * @param headers where tokens are; none in any of the three: {@code Authorization: Bearer} and the
 *     query parameter {@code access_token}
 * @param parameters of the query where tokens are
 * @param cookies where tokens are
 * @param forward whether the application gets the token, too
 * @param payloadHeader gets the claims as base64url; empty: none
 * @param payloadName under which the claims are told to later filters; empty: not at all
 * @param listClaims claims whose words, separated by spaces, are told as a list
 * @param claimHeaders claims that become headers
 * @param cacheSize how many valid tokens are remembered
 */
public record JwtProvider(
    String issuer,
    List<String> audiences,
    @Nullable StringMatch subjects,
    boolean requireExpiration,
    @Nullable Duration maxLifetime,
    Duration clockSkew,
    Keys keys,
    List<FromHeader> headers,
    List<String> parameters,
    List<String> cookies,
    boolean forward,
    String payloadHeader,
    String payloadName,
    List<String> listClaims,
    List<ClaimHeader> claimHeaders,
    int cacheSize) {
  /** Where the keys are. */
  public sealed interface Keys {
    /** A JSON Web Key Set. */
    record Inline(String jwks) implements Keys {}

    /**
     * To be fetched.
     *
     * @param uri of a JSON Web Key Set
     * @param timeout of each attempt
     * @param refresh how long keys are fresh, unless the answer says less
     */
    record Remote(URI uri, Duration timeout, Duration refresh) implements Keys {}
  }

  /**
   * A header that may hold a token.
   *
   * @param name lower case
   * @param prefix before the token; may be empty
   */
  public record FromHeader(String name, String prefix) {}

  /**
   * A claim that the application reads from a header; what callers send in it is removed.
   *
   * @param header lower case
   * @param claim dots lead into nested claims
   */
  public record ClaimHeader(String header, String claim) {}

  public JwtProvider {
    audiences = List.copyOf(audiences);
    headers = List.copyOf(headers);
    parameters = List.copyOf(parameters);
    cookies = List.copyOf(cookies);
    listClaims = List.copyOf(listClaims);
    claimHeaders = List.copyOf(claimHeaders);
  }
}
