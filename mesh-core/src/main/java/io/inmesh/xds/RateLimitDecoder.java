package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.inmesh.model.Fraction;
import io.inmesh.model.LocalRateLimit.Action;
import io.inmesh.model.LocalRateLimit.Descriptor;
import io.inmesh.model.TokenBucket;
import io.inmesh.wire.filters.v1.PeerIdentity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Local rate limits. */
final class RateLimitDecoder {
  private static final Duration SHORTEST_FILL = Duration.ofMillis(50);
  private static final int MAX_DYNAMIC = 20;

  private final Decoding decoding;
  private final MatchDecoder matches;
  private final HeaderDecoder headers;

  RateLimitDecoder(Decoding decoding, MatchDecoder matches, HeaderDecoder headers) {
    this.decoding = decoding;
    this.matches = matches;
    this.headers = headers;
  }

  io.inmesh.model.LocalRateLimit limit(LocalRateLimit limit, FieldPath path) throws Rejection {
    List<Descriptor> descriptors = new ArrayList<>(limit.getDescriptorsCount());
    for (int i = 0; i < limit.getDescriptorsCount(); i++) {
      descriptors.add(descriptor(limit.getDescriptors(i), path.field("descriptors", i)));
    }
    List<List<Action>> rules = new ArrayList<>(limit.getRateLimitsCount());
    for (int i = 0; i < limit.getRateLimitsCount(); i++) {
      List<Action> rule = rule(limit.getRateLimits(i), path.field("rate_limits", i));
      if (!rule.isEmpty()) {
        rules.add(rule);
      }
    }
    int status = limit.getStatus().getCodeValue();
    return new io.inmesh.model.LocalRateLimit(
        limit.hasTokenBucket() ? bucket(limit.getTokenBucket(), path.field("token_bucket")) : null,
        descriptors,
        rules,
        share(limit.hasFilterEnabled(), limit.getFilterEnabled(), path.field("filter_enabled")),
        share(limit.hasFilterEnforced(), limit.getFilterEnforced(), path.field("filter_enforced")),
        // Below 400 stands for "unset" in Envoy as well.
        status < 400 ? 429 : status,
        limit.getRateLimitedAsResourceExhausted(),
        limit.getEnableXRatelimitHeadersValue() != 0,
        headers.adds(limit.getResponseHeadersToAddList(), path, "response_headers_to_add"),
        !limit.hasAlwaysConsumeDefaultTokenBucket()
            || limit.getAlwaysConsumeDefaultTokenBucket().getValue(),
        decoding.saturated(
            limit.hasMaxDynamicDescriptors(), limit.getMaxDynamicDescriptors(), MAX_DYNAMIC));
  }

  /** Envoy's default is zero percent, easily overlooked; it is kept, as the same configuration. */
  private Fraction share(boolean set, RuntimeFractionalPercent percent, FieldPath path)
      throws Rejection {
    if (!set) {
      decoding.remark(path, "is not set, which means 0 %: nothing is limited");
      return Fraction.NONE;
    }
    return matches.fraction(percent, path);
  }

  private TokenBucket bucket(io.envoyproxy.envoy.type.v3.TokenBucket bucket, FieldPath path)
      throws Rejection {
    int max = decoding.number(bucket.getMaxTokens(), path.field("max_tokens"));
    int fill =
        decoding.number(
            bucket.hasTokensPerFill(), bucket.getTokensPerFill(), 1, path.field("tokens_per_fill"));
    if (max == 0 || fill == 0) {
      throw new Rejection(path, "max_tokens and tokens_per_fill must be positive");
    }
    Duration interval = decoding.duration(bucket.getFillInterval(), path.field("fill_interval"));
    if (interval.compareTo(SHORTEST_FILL) < 0) {
      throw new Rejection(path.field("fill_interval"), "must be at least 50 ms");
    }
    return new TokenBucket(max, fill, interval);
  }

  private Descriptor descriptor(LocalRateLimitDescriptor descriptor, FieldPath path)
      throws Rejection {
    if (descriptor.getEntriesCount() == 0) {
      throw new Rejection(path.field("entries"), "is empty");
    }
    List<Map.Entry<String, String>> entries = new ArrayList<>(descriptor.getEntriesCount());
    for (RateLimitDescriptor.Entry entry : descriptor.getEntriesList()) {
      entries.add(Map.entry(entry.getKey(), entry.getValue()));
    }
    return new Descriptor(entries, bucket(descriptor.getTokenBucket(), path.field("token_bucket")));
  }

  /** Empty if an action is not known: the rule would describe something else without it. */
  private List<Action> rule(RateLimit rule, FieldPath path) throws Rejection {
    List<Action> actions = new ArrayList<>(rule.getActionsCount());
    for (int i = 0; i < rule.getActionsCount(); i++) {
      FieldPath at = path.field("actions", i);
      Action action = action(rule.getActions(i), at);
      if (action == null) {
        decoding.remark(at, "is not supported, so the rule has no effect");
        return List.of();
      }
      actions.add(action);
    }
    return actions;
  }

  private @Nullable Action action(RateLimit.Action action, FieldPath path) throws Rejection {
    return switch (action.getActionSpecifierCase()) {
      case GENERIC_KEY ->
          new Action.Generic(
              or(action.getGenericKey().getDescriptorKey(), "generic_key"),
              action.getGenericKey().getDescriptorValue());
      case REQUEST_HEADERS ->
          new Action.Header(
              action.getRequestHeaders().getDescriptorKey(),
              decoding.headerName(
                  action.getRequestHeaders().getHeaderName(),
                  path.field("request_headers").field("header_name")),
              action.getRequestHeaders().getSkipIfAbsent());
      case QUERY_PARAMETERS ->
          new Action.Query(
              action.getQueryParameters().getDescriptorKey(),
              action.getQueryParameters().getQueryParameterName(),
              action.getQueryParameters().getSkipIfAbsent());
      case REMOTE_ADDRESS -> new Action.RemoteAddress("remote_address");
      case HEADER_VALUE_MATCH ->
          new Action.HeaderMatches(
              or(action.getHeaderValueMatch().getDescriptorKey(), "header_match"),
              action.getHeaderValueMatch().getDescriptorValue(),
              !action.getHeaderValueMatch().hasExpectMatch()
                  || action.getHeaderValueMatch().getExpectMatch().getValue(),
              matches.headers(
                  action.getHeaderValueMatch().getHeadersList(),
                  path.field("header_value_match"),
                  "headers"));
      case EXTENSION ->
          MessageTypes.is(action.getExtension().getTypedConfig(), PeerIdentity.class)
              ? new Action.PeerIdentity(
                  or(
                      decoding
                          .unpack(action.getExtension().getTypedConfig(), PeerIdentity.class, path)
                          .getDescriptorKey(),
                      "peer_identity"))
              : null;
      default -> null;
    };
  }

  private static String or(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }
}
