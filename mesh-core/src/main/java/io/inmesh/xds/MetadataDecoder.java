package io.inmesh.xds;

import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.ValueMatch;
import java.util.ArrayList;
import java.util.List;

/** Conditions on what filters left for later ones. */
final class MetadataDecoder {
  private static final int MAX_NESTING = 16;

  private final Decoding decoding;
  private final MatchDecoder matches;

  MetadataDecoder(Decoding decoding, MatchDecoder matches) {
    this.decoding = decoding;
    this.matches = matches;
  }

  AccessMatch.Metadata of(MetadataMatcher matcher, FieldPath path) throws Rejection {
    decoding.audited(matcher, path);
    if (matcher.getFilter().isEmpty() || matcher.getPathCount() == 0) {
      throw new Rejection(path, "needs filter and path");
    }
    List<String> keys = new ArrayList<>(matcher.getPathCount());
    matcher.getPathList().forEach(segment -> keys.add(segment.getKey()));
    return new AccessMatch.Metadata(
        matcher.getFilter(),
        keys,
        value(matcher.getValue(), path.field("value"), 0),
        matcher.getInvert());
  }

  private ValueMatch value(ValueMatcher matcher, FieldPath path, int depth) throws Rejection {
    if (depth > MAX_NESTING) {
      throw new Rejection(path, "is nested too deeply");
    }
    return switch (matcher.getMatchPatternCase()) {
      case NULL_MATCH -> new ValueMatch.Null();
      case DOUBLE_MATCH ->
          matcher.getDoubleMatch().hasRange()
              ? new ValueMatch.Range(
                  matcher.getDoubleMatch().getRange().getStart(),
                  matcher.getDoubleMatch().getRange().getEnd())
              : new ValueMatch.Range(
                  matcher.getDoubleMatch().getExact(), matcher.getDoubleMatch().getExact());
      case STRING_MATCH ->
          new ValueMatch.Text(matches.string(matcher.getStringMatch(), path.field("string_match")));
      case BOOL_MATCH -> new ValueMatch.Bool(matcher.getBoolMatch());
      case PRESENT_MATCH -> new ValueMatch.Present(matcher.getPresentMatch());
      case LIST_MATCH ->
          new ValueMatch.Item(
              value(
                  matcher.getListMatch().getOneOf(),
                  path.field("list_match").field("one_of"),
                  depth + 1));
      case OR_MATCH -> {
        FieldPath at = path.field("or_match");
        List<ValueMatch> parts = new ArrayList<>();
        for (int i = 0; i < matcher.getOrMatch().getValueMatchersCount(); i++) {
          parts.add(
              value(
                  matcher.getOrMatch().getValueMatchers(i),
                  at.field("value_matchers", i),
                  depth + 1));
        }
        yield new ValueMatch.AnyOf(parts);
      }
      case MATCHPATTERN_NOT_SET -> throw new Rejection(path, "has no pattern that is supported");
    };
  }
}
