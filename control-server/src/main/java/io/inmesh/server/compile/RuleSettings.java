package io.inmesh.server.compile;

import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.RoutePolicySpec.RetryAfter;
import io.inmesh.server.config.RouteRetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Limits and retries of a rule. What the rule says itself goes before the policy in force for it,
 * and that before the mesh's default.
 *
 * @param timeout of the whole request; null for none
 * @param perTryTimeout of each attempt; null for none
 * @param retry what is tried again
 * @param calls what else is said about the calls
 * @param serviceWide whether that is the policy of the service, not of a route
 */
record RuleSettings(
    @Nullable Duration timeout,
    @Nullable Duration perTryTimeout,
    RetryRule retry,
    CallRules calls,
    boolean serviceWide) {
  private static final String BY_STATUS = "retriable-status-codes";

  static RuleSettings of(
      Timeouts timeouts,
      @Nullable RouteRetry retry,
      @Nullable RoutePolicySpec policy,
      boolean serviceWide,
      @Nullable Duration meshTimeout) {
    Duration timeout = timeouts.request();
    Duration perTry = timeouts.backendRequest();
    if (policy != null) {
      timeout = timeout == null ? policy.timeout() : timeout;
      perTry = perTry == null ? policy.perTryTimeout() : perTry;
    }
    return new RuleSettings(
        timeout == null ? meshTimeout : timeout,
        perTry,
        retry(retry, policy),
        policy == null ? CallRules.NONE : policy.calls(),
        serviceWide);
  }

  private static RetryRule retry(@Nullable RouteRetry own, @Nullable RoutePolicySpec policy) {
    boolean nonIdempotent = policy != null && policy.allowNonIdempotent();
    if (own != null) {
      return rule(
          own.attempts() == null ? RetryRule.IMPLICIT.attempts() : own.attempts(),
          List.of(),
          own.codes(),
          own.backoff(),
          null,
          null,
          null,
          nonIdempotent);
    }
    RoutePolicySpec.Retry configured = policy == null ? null : policy.retry();
    if (configured != null) {
      return rule(
          configured.attempts(),
          configured.on(),
          configured.codes(),
          configured.backoffBase(),
          configured.backoffMax(),
          configured.perTryIdle(),
          configured.retryAfter(),
          nonIdempotent);
    }
    return RetryRule.IMPLICIT;
  }

  /** What certainly was not processed is always among what is retried. */
  private static RetryRule rule(
      int attempts,
      List<String> on,
      List<Integer> codes,
      @Nullable Duration backoffBase,
      @Nullable Duration backoffMax,
      @Nullable Duration perTryIdle,
      @Nullable RetryAfter retryAfter,
      boolean nonIdempotent) {
    Collection<String> tokens = new TreeSet<>(RetryRule.IMPLICIT.on());
    tokens.addAll(on);
    if (!codes.isEmpty()) {
      tokens.add(BY_STATUS);
    }
    return new RetryRule(
        attempts,
        new ArrayList<>(tokens),
        List.copyOf(new TreeSet<>(codes)),
        backoffBase,
        backoffMax,
        perTryIdle,
        retryAfter,
        nonIdempotent);
  }
}
