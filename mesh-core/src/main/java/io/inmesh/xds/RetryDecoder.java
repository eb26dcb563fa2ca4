package io.inmesh.xds;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import io.inmesh.wire.route.v1.RetrySafety;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Retry policies, with Envoy's defaults for what is unset. */
final class RetryDecoder {
  /** Every condition there is, of HTTP and gRPC. */
  static final Set<String> CONDITIONS =
      Set.of(
          "5xx",
          "gateway-error",
          "reset",
          "reset-before-request",
          "connect-failure",
          "envoy-ratelimited",
          "retriable-4xx",
          "refused-stream",
          "retriable-status-codes",
          "retriable-headers",
          "http3-post-connect-failure",
          "cancelled",
          "deadline-exceeded",
          "internal",
          "resource-exhausted",
          "unavailable");

  private static final Duration BASE = Duration.ofMillis(25);
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration RATE_LIMITED_MAX = Duration.ofMinutes(5);
  private static final String PREVIOUS_HOSTS = "envoy.retry_host_predicates.previous_hosts";
  private static final String PREVIOUS_PRIORITIES = "envoy.retry_priorities.previous_priorities";

  private final Decoding decoding;
  private final MatchDecoder matches;

  RetryDecoder(Decoding decoding, MatchDecoder matches) {
    this.decoding = decoding;
    this.matches = matches;
  }

  /**
   * One policy.
   *
   * @param extension what Envoy's policy cannot say
   */
  io.inmesh.model.RetryPolicy retry(RetryPolicy policy, RetrySafety extension, FieldPath path)
      throws Rejection {
    Duration base = BASE;
    Duration max = BASE.multipliedBy(10);
    if (policy.hasRetryBackOff()) {
      FieldPath at = path.field("retry_back_off");
      base =
          decoding.duration(policy.getRetryBackOff().getBaseInterval(), at.field("base_interval"));
      if (base.isZero()) {
        throw new Rejection(at.field("base_interval"), "must be longer than zero");
      }
      base = base.compareTo(SHORTEST) < 0 ? SHORTEST : base;
      max = base.multipliedBy(10);
      if (policy.getRetryBackOff().hasMaxInterval()) {
        max =
            decoding.duration(policy.getRetryBackOff().getMaxInterval(), at.field("max_interval"));
        max = max.compareTo(SHORTEST) < 0 ? SHORTEST : max;
        if (max.compareTo(base) < 0) {
          throw new Rejection(at.field("max_interval"), "is shorter than base_interval");
        }
      }
    }
    Duration rateLimitedMax = RATE_LIMITED_MAX;
    if (policy.getRateLimitedRetryBackOff().hasMaxInterval()) {
      rateLimitedMax =
          decoding.duration(
              policy.getRateLimitedRetryBackOff().getMaxInterval(),
              path.field("rate_limited_retry_back_off").field("max_interval"));
    }
    return new io.inmesh.model.RetryPolicy(
        conditions(policy.getRetryOn(), path.field("retry_on")),
        decoding.number(
            policy.hasNumRetries(), policy.getNumRetries(), 1, path.field("num_retries")),
        decoding.positive(
            policy.hasPerTryTimeout(), policy.getPerTryTimeout(), path.field("per_try_timeout")),
        decoding.positive(
            policy.hasPerTryIdleTimeout(),
            policy.getPerTryIdleTimeout(),
            path.field("per_try_idle_timeout")),
        base,
        max,
        statusCodes(policy, path),
        matches.headers(policy.getRetriableHeadersList(), path, "retriable_headers"),
        matches.headers(policy.getRetriableRequestHeadersList(), path, "retriable_request_headers"),
        avoidsPreviousHosts(policy),
        avoidedHosts(policy, path),
        hostSelectionAttempts(policy, path),
        previousPriorities(policy, path),
        resetHeaders(policy, path),
        rateLimitedMax,
        extension.getNonIdempotentAllowed(),
        decoding.duration(extension.getMinWait(), path.field("min_wait")));
  }

  private Set<String> conditions(String retryOn, FieldPath path) {
    Set<String> conditions = new LinkedHashSet<>();
    for (String token : retryOn.split(",", -1)) {
      String condition = token.trim();
      if (CONDITIONS.contains(condition)) {
        conditions.add(condition);
      } else if (!condition.isEmpty()) {
        decoding.remark(path, "does not know the condition '" + abbreviated(condition) + "'");
      }
    }
    return conditions;
  }

  private static Set<Integer> statusCodes(RetryPolicy policy, FieldPath path) throws Rejection {
    Set<Integer> codes = new LinkedHashSet<>();
    for (int i = 0; i < policy.getRetriableStatusCodesCount(); i++) {
      int code = policy.getRetriableStatusCodes(i);
      if (code < 100 || code > 599) {
        throw new Rejection(
            path.field("retriable_status_codes", i),
            Integer.toUnsignedString(code) + " is no HTTP status");
      }
      codes.add(code);
    }
    return codes;
  }

  private static int hostSelectionAttempts(RetryPolicy policy, FieldPath path) throws Rejection {
    long attempts = policy.getHostSelectionRetryMaxAttempts();
    if (attempts < 0) {
      throw new Rejection(path.field("host_selection_retry_max_attempts"), "is negative");
    }
    return attempts == 0 ? 1 : (int) Math.min(attempts, 100);
  }

  private boolean avoidsPreviousHosts(RetryPolicy policy) {
    return policy.getRetryHostPredicateList().stream().anyMatch(RetryDecoder::isPreviousHosts);
  }

  private static boolean isPreviousHosts(RetryPolicy.RetryHostPredicate predicate) {
    return predicate.getName().equals(PREVIOUS_HOSTS)
        || MessageTypes.is(predicate.getTypedConfig(), PreviousHostsPredicate.class);
  }

  /** The metadata of hosts that are not retried on. */
  private Map<String, String> avoidedHosts(RetryPolicy policy, FieldPath path) throws Rejection {
    Map<String, String> avoided = new LinkedHashMap<>();
    for (int i = 0; i < policy.getRetryHostPredicateCount(); i++) {
      RetryPolicy.RetryHostPredicate predicate = policy.getRetryHostPredicate(i);
      FieldPath at = path.field("retry_host_predicate", i);
      if (MessageTypes.is(predicate.getTypedConfig(), OmitHostMetadataConfig.class)) {
        decoding
            .unpack(
                predicate.getTypedConfig(), OmitHostMetadataConfig.class, at.field("typed_config"))
            .getMetadataMatch()
            .getFilterMetadataOrDefault("envoy.lb", Struct.getDefaultInstance())
            .getFieldsMap()
            .forEach((key, value) -> avoided.put(key, value.getStringValue()));
      } else if (MessageTypes.is(predicate.getTypedConfig(), OmitCanaryHostsPredicate.class)) {
        avoided.put("canary", "true");
      } else if (!isPreviousHosts(predicate)) {
        decoding.remark(
            at, "'" + abbreviated(predicate.getName()) + "' is not supported, no effect");
      }
    }
    return avoided;
  }

  private int previousPriorities(RetryPolicy policy, FieldPath path) throws Rejection {
    if (!policy.hasRetryPriority()) {
      return 0;
    }
    FieldPath at = path.field("retry_priority");
    if (!MessageTypes.is(
        policy.getRetryPriority().getTypedConfig(), PreviousPrioritiesConfig.class)) {
      if (!policy.getRetryPriority().getName().equals(PREVIOUS_PRIORITIES)) {
        decoding.remark(at, "is not supported, no effect");
      }
      return 0;
    }
    PreviousPrioritiesConfig config =
        decoding.unpack(
            policy.getRetryPriority().getTypedConfig(),
            PreviousPrioritiesConfig.class,
            at.field("typed_config"));
    if (config.getUpdateFrequency() <= 0) {
      throw new Rejection(at.field("typed_config").field("update_frequency"), "must be positive");
    }
    return config.getUpdateFrequency();
  }

  private List<io.inmesh.model.RetryPolicy.ResetHeader> resetHeaders(
      RetryPolicy policy, FieldPath path) throws Rejection {
    List<io.inmesh.model.RetryPolicy.ResetHeader> headers = new ArrayList<>();
    FieldPath at = path.field("rate_limited_retry_back_off");
    for (int i = 0; i < policy.getRateLimitedRetryBackOff().getResetHeadersCount(); i++) {
      RetryPolicy.ResetHeader header = policy.getRateLimitedRetryBackOff().getResetHeaders(i);
      FieldPath headerAt = at.field("reset_headers", i);
      boolean unix =
          switch (header.getFormat()) {
            case SECONDS -> false;
            case UNIX_TIMESTAMP -> true;
            default -> throw new Rejection(headerAt.field("format"), "is unknown to this version");
          };
      headers.add(
          new io.inmesh.model.RetryPolicy.ResetHeader(
              decoding.headerName(header.getName(), headerAt.field("name")), unix));
    }
    return headers;
  }

  private static String abbreviated(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }
}
