package io.inmesh.model;

import java.util.List;

/**
 * When a route applies: all parts must match.
 *
 * @param path on the path without its query
 * @param headers all must match
 * @param queries all must match
 * @param grpcOnly only requests whose content type is gRPC
 * @param fraction the share of matching requests it takes; {@link Fraction#ALL} by default
 */
public record RouteMatch(
    PathMatch path,
    List<HeaderMatch> headers,
    List<QueryMatch> queries,
    boolean grpcOnly,
    Fraction fraction) {
  public RouteMatch {
    headers = List.copyOf(headers);
    queries = List.copyOf(queries);
  }
}
