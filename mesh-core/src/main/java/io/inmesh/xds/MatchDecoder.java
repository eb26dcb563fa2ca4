package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.PathMatch;
import io.inmesh.model.QueryMatch;
import io.inmesh.model.StringMatch;
import java.util.ArrayList;
import java.util.List;

/** What routes and policies match on. */
final class MatchDecoder {
  private static final int MAX_CONDITIONS = 100;

  private final Decoding decoding;

  MatchDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  io.inmesh.model.RouteMatch route(RouteMatch match, FieldPath path) throws Rejection {
    if (match.getQueryParametersCount() > MAX_CONDITIONS) {
      throw new Rejection(path.field("query_parameters"), "holds more than " + MAX_CONDITIONS);
    }
    List<QueryMatch> queries = new ArrayList<>(match.getQueryParametersCount());
    for (int i = 0; i < match.getQueryParametersCount(); i++) {
      queries.add(query(match.getQueryParameters(i), path.field("query_parameters", i)));
    }
    return new io.inmesh.model.RouteMatch(
        path(match, path),
        headers(match.getHeadersList(), path, "headers"),
        queries,
        match.hasGrpc(),
        match.hasRuntimeFraction()
            ? fraction(match.getRuntimeFraction(), path.field("runtime_fraction"))
            : Fraction.ALL);
  }

  private PathMatch path(RouteMatch match, FieldPath path) throws Rejection {
    // A wrapper: unset means true, as the protocol says.
    boolean caseSensitive = !match.hasCaseSensitive() || match.getCaseSensitive().getValue();
    return switch (match.getPathSpecifierCase()) {
      case PREFIX -> new PathMatch.Prefix(match.getPrefix(), caseSensitive);
      case PATH -> new PathMatch.Exact(match.getPath(), caseSensitive);
      case PATH_SEPARATED_PREFIX -> {
        String prefix = match.getPathSeparatedPrefix();
        FieldPath at = path.field("path_separated_prefix");
        if (!prefix.startsWith("/") || prefix.length() == 1 || prefix.endsWith("/")) {
          throw new Rejection(at, "must begin with a slash, not end with one and not be '/'");
        }
        if (prefix.indexOf('?') >= 0 || prefix.indexOf('#') >= 0) {
          throw new Rejection(at, "must not hold '?' or '#'");
        }
        yield new PathMatch.SegmentPrefix(prefix, caseSensitive);
      }
      case SAFE_REGEX ->
          new PathMatch.Regex(
              decoding.regex(
                  match.getSafeRegex().getRegex(), path.field("safe_regex").field("regex")));
      default -> throw new Rejection(path, "has no path specifier that is supported");
    };
  }

  List<HeaderMatch> headers(List<HeaderMatcher> matchers, FieldPath path, String field)
      throws Rejection {
    if (matchers.size() > MAX_CONDITIONS) {
      throw new Rejection(path.field(field), "holds more than " + MAX_CONDITIONS);
    }
    List<HeaderMatch> matches = new ArrayList<>(matchers.size());
    for (int i = 0; i < matchers.size(); i++) {
      matches.add(header(matchers.get(i), path.field(field, i)));
    }
    return matches;
  }

  @SuppressWarnings("deprecation")
  HeaderMatch header(HeaderMatcher matcher, FieldPath path) throws Rejection {
    HeaderMatch.Test test =
        switch (matcher.getHeaderMatchSpecifierCase()) {
          case EXACT_MATCH -> value(new StringMatch.Exact(matcher.getExactMatch(), false));
          case PREFIX_MATCH ->
              value(
                  new StringMatch.Prefix(
                      nonEmpty(matcher.getPrefixMatch(), path.field("prefix_match")), false));
          case SUFFIX_MATCH ->
              value(
                  new StringMatch.Suffix(
                      nonEmpty(matcher.getSuffixMatch(), path.field("suffix_match")), false));
          case CONTAINS_MATCH ->
              value(
                  new StringMatch.Contains(
                      nonEmpty(matcher.getContainsMatch(), path.field("contains_match")), false));
          case SAFE_REGEX_MATCH ->
              value(
                  new StringMatch.Regex(
                      decoding.regex(
                          matcher.getSafeRegexMatch().getRegex(),
                          path.field("safe_regex_match").field("regex"))));
          case STRING_MATCH -> value(string(matcher.getStringMatch(), path.field("string_match")));
          case RANGE_MATCH ->
              new HeaderMatch.Test.Range(
                  matcher.getRangeMatch().getStart(), matcher.getRangeMatch().getEnd());
          case PRESENT_MATCH -> new HeaderMatch.Test.Present(matcher.getPresentMatch());
          case HEADERMATCHSPECIFIER_NOT_SET -> new HeaderMatch.Test.Present(true);
        };
    return new HeaderMatch(
        decoding.headerName(matcher.getName(), path.field("name")),
        test,
        matcher.getInvertMatch(),
        matcher.getTreatMissingHeaderAsEmpty());
  }

  private static HeaderMatch.Test value(StringMatch match) {
    return new HeaderMatch.Test.Value(match);
  }

  private QueryMatch query(QueryParameterMatcher matcher, FieldPath path) throws Rejection {
    if (matcher.getName().isEmpty()) {
      throw new Rejection(path.field("name"), "is empty");
    }
    return switch (matcher.getQueryParameterMatchSpecifierCase()) {
      case STRING_MATCH ->
          new QueryMatch(
              matcher.getName(), string(matcher.getStringMatch(), path.field("string_match")));
      case PRESENT_MATCH -> {
        if (!matcher.getPresentMatch()) {
          throw new Rejection(path.field("present_match"), "false is not supported");
        }
        yield new QueryMatch(matcher.getName(), null);
      }
      case QUERYPARAMETERMATCHSPECIFIER_NOT_SET -> new QueryMatch(matcher.getName(), null);
    };
  }

  StringMatch string(StringMatcher matcher, FieldPath path) throws Rejection {
    boolean ignoreCase = matcher.getIgnoreCase();
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(matcher.getExact(), ignoreCase);
      case PREFIX ->
          new StringMatch.Prefix(nonEmpty(matcher.getPrefix(), path.field("prefix")), ignoreCase);
      case SUFFIX ->
          new StringMatch.Suffix(nonEmpty(matcher.getSuffix(), path.field("suffix")), ignoreCase);
      case CONTAINS ->
          new StringMatch.Contains(
              nonEmpty(matcher.getContains(), path.field("contains")), ignoreCase);
      case SAFE_REGEX ->
          new StringMatch.Regex(
              decoding.regex(
                  matcher.getSafeRegex().getRegex(), path.field("safe_regex").field("regex")));
      default -> throw new Rejection(path, "has no pattern that is supported");
    };
  }

  Fraction fraction(RuntimeFractionalPercent percent, FieldPath path) throws Rejection {
    return fraction(percent.getDefaultValue(), path.field("default_value"));
  }

  static Fraction fraction(FractionalPercent percent, FieldPath path) throws Rejection {
    int denominator =
        switch (percent.getDenominator()) {
          case HUNDRED -> 100;
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          default -> throw new Rejection(path.field("denominator"), "is unknown to this version");
        };
    int numerator = percent.getNumerator();
    return new Fraction(
        numerator < 0 || numerator > denominator ? denominator : numerator, denominator);
  }

  private static String nonEmpty(String value, FieldPath path) throws Rejection {
    if (value.isEmpty()) {
      throw new Rejection(path, "is empty");
    }
    return value;
  }
}
