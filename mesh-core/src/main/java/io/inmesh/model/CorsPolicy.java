package io.inmesh.model;

import java.util.List;

/**
 * Envoy's {@code CorsPolicy}: which pages of other origins browsers may let use a server.
 *
 * @param enabled the share of requests it applies to
 * @param origins any of these
 * @param methods between commas; {@code *}: the one that is asked for; empty: says nothing
 * @param headers between commas; {@code *}: those that are asked for; empty: says nothing
 * @param exposed fields of responses, between commas; empty: says nothing
 * @param maxAge seconds a browser may remember the answer; empty: says nothing
 * @param credentials whether requests may carry cookies
 * @param privateNetwork whether pages of public addresses may ask servers of private ones
 * @param forwardOthers whether preflight requests of other origins reach the application
 */
public record CorsPolicy(
    Fraction enabled,
    List<StringMatch> origins,
    String methods,
    String headers,
    String exposed,
    String maxAge,
    boolean credentials,
    boolean privateNetwork,
    boolean forwardOthers) {
  public CorsPolicy {
    origins = List.copyOf(origins);
  }
}
