package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.CallRules.RateDescriptor;
import io.inmesh.server.config.CallRules.RateEntry;
import io.inmesh.wire.filters.v1.PeerIdentity;
import java.util.Objects;

/**
 * Local rate limits as Envoy's filter has them: a bucket for all requests, and for each descriptor
 * a rule that describes requests and the bucket of that description. A description begins with the
 * descriptor's number, so that none is taken for another's.
 */
final class RateLimitResources {
  private static final RuntimeFractionalPercent ALL =
      RuntimeFractionalPercent.newBuilder().setDefaultValue(Protos.share(1_000_000)).build();

  private static final String CALLER = "caller";
  private static final String NUMBER = "descriptor";

  /** The values one descriptor has buckets for; the least recently used gives way. */
  private static final int MAX_VALUES = 10_000;

  private RateLimitResources() {}

  static LocalRateLimit of(CallRules.RateLimit limit) {
    LocalRateLimit.Builder made =
        LocalRateLimit.newBuilder()
            .setStatPrefix("policy")
            .setFilterEnabled(ALL)
            .setFilterEnforced(ALL);
    if (limit.all() != null) {
      made.setTokenBucket(bucket(limit.all()));
    }
    if (limit.headers()) {
      made.setEnableXRatelimitHeadersValue(1);
    }
    if (limit.perCaller() != null) {
      made.addRateLimits(RateLimit.newBuilder().addActions(caller()))
          .addDescriptors(
              LocalRateLimitDescriptor.newBuilder()
                  .addEntries(entry(CALLER, ""))
                  .setTokenBucket(bucket(limit.perCaller())));
    }
    for (int i = 0; i < limit.descriptors().size(); i++) {
      add(limit.descriptors().get(i), Integer.toString(i), made);
    }
    if (made.getDescriptorsCount() > 0) {
      made.setMaxDynamicDescriptors(Protos.uint(MAX_VALUES));
    }
    return made.build();
  }

  private static void add(RateDescriptor descriptor, String number, LocalRateLimit.Builder to) {
    RateLimit.Builder rule =
        RateLimit.newBuilder()
            .addActions(
                Action.newBuilder()
                    .setGenericKey(
                        Action.GenericKey.newBuilder()
                            .setDescriptorKey(NUMBER)
                            .setDescriptorValue(number)));
    LocalRateLimitDescriptor.Builder described =
        LocalRateLimitDescriptor.newBuilder()
            .addEntries(entry(NUMBER, number))
            .setTokenBucket(bucket(descriptor.rate()));
    for (RateEntry one : descriptor.entries()) {
      rule.addActions(action(one));
      described.addEntries(entry(key(one), Objects.requireNonNullElse(one.value(), "")));
    }
    to.addRateLimits(rule).addDescriptors(described);
  }

  private static String key(RateEntry entry) {
    return switch (entry.by()) {
      case HEADER, QUERY -> entry.name();
      case METHOD -> "method";
      case PATH -> "path";
      case CALLER -> CALLER;
    };
  }

  private static Action action(RateEntry entry) {
    return switch (entry.by()) {
      case HEADER -> header(entry.name(), key(entry));
      case METHOD -> header(":method", key(entry));
      case QUERY ->
          Action.newBuilder()
              .setQueryParameters(
                  Action.QueryParameters.newBuilder()
                      .setQueryParameterName(entry.name())
                      .setDescriptorKey(key(entry)))
              .build();
      case PATH -> path(Objects.requireNonNull(entry.value()), key(entry));
      case CALLER -> caller();
    };
  }

  private static Action header(String name, String key) {
    return Action.newBuilder()
        .setRequestHeaders(
            Action.RequestHeaders.newBuilder().setHeaderName(name).setDescriptorKey(key))
        .build();
  }

  /** A path is a header of which only the beginning counts, up to a segment's end. */
  private static Action path(String path, String key) {
    String whole = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return Action.newBuilder()
        .setHeaderValueMatch(
            Action.HeaderValueMatch.newBuilder()
                .setDescriptorKey(key)
                .setDescriptorValue(path)
                .addHeaders(
                    HeaderMatcher.newBuilder()
                        .setName(":path")
                        .setStringMatch(Strings.regex(Strings.quoted(whole) + "([/?].*)?"))))
        .build();
  }

  private static Action caller() {
    return Action.newBuilder()
        .setExtension(
            TypedExtensionConfig.newBuilder()
                .setName(CALLER)
                .setTypedConfig(
                    Any.pack(PeerIdentity.newBuilder().setDescriptorKey(CALLER).build())))
        .build();
  }

  private static RateLimitDescriptor.Entry entry(String key, String value) {
    return RateLimitDescriptor.Entry.newBuilder().setKey(key).setValue(value).build();
  }

  private static TokenBucket bucket(CallRules.Rate rate) {
    return TokenBucket.newBuilder()
        .setMaxTokens(rate.burst())
        .setTokensPerFill(UInt32Value.of(rate.requests()))
        .setFillInterval(Protos.duration(rate.per()))
        .build();
  }
}
