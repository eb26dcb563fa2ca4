package io.inmesh.server.compile;

import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.ValueMatch;
import java.util.Comparator;

/**
 * How specific a match is, in the terms of Gateway API. For HTTP: an exact path, then the longest
 * prefix, a method, the number of headers, the number of query parameters. For gRPC: the longest
 * service, the longest method, the number of headers. Where regular expressions go is left to
 * implementations: here after exact and before prefix, so that a rule for {@code /} never hides
 * them; among themselves by length.
 *
 * @param kind 0 exact, 1 regular expression, 2 prefix or nothing
 * @param first length of the path or of the gRPC service
 * @param second length of the gRPC method, or 1 if there is an HTTP method
 * @param headers how many
 * @param query how many
 */
record Specificity(int kind, int first, int second, int headers, int query)
    implements Comparable<Specificity> {
  private static final Comparator<Specificity> ORDER =
      Comparator.comparingInt(Specificity::kind)
          .thenComparing(Comparator.comparingInt(Specificity::first).reversed())
          .thenComparing(Comparator.comparingInt(Specificity::second).reversed())
          .thenComparing(Comparator.comparingInt(Specificity::headers).reversed())
          .thenComparing(Comparator.comparingInt(Specificity::query).reversed());

  static Specificity of(HttpRouteSpec.Match match) {
    int kind =
        switch (match.path().type()) {
          case EXACT -> 0;
          case REGULAR_EXPRESSION -> 1;
          case PATH_PREFIX -> 2;
        };
    return new Specificity(
        kind,
        kind == 0 ? 0 : Matches.path(match.path()).value().length(),
        match.method() == null ? 0 : 1,
        match.headers().size(),
        match.queryParams().size());
  }

  static Specificity of(GrpcRouteSpec.Match match) {
    GrpcRouteSpec.MethodMatch method = match.method();
    if (method == null) {
      return new Specificity(2, 0, 0, match.headers().size(), 0);
    }
    return new Specificity(
        method.type() == ValueMatch.Type.EXACT ? 0 : 1,
        method.service() == null ? 0 : method.service().length(),
        method.method() == null ? 0 : method.method().length(),
        match.headers().size(),
        0);
  }

  @Override
  public int compareTo(Specificity other) {
    return ORDER.compare(this, other);
  }
}
