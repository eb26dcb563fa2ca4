package io.inmesh.server.compile;

import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.SessionPersistence;
import io.inmesh.server.config.StreamLimits;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Limits and retries of a rule. What the rule says itself goes before the policy in force for it,
 * and that before the mesh's default.
 *
 * @param timeout of the whole request; null for none
 * @param perTryTimeout of each attempt; null for none
 * @param idleTimeout of a stream on which nothing moves; null for none
 * @param streams how long streams may take
 * @param retry what is tried again
 * @param calls what else is said about the calls
 * @param serviceWide whether that is the policy of the service, not of a route
 * @param session how calls stick to endpoints; null: they do not
 */
record RuleSettings(
    @Nullable Duration timeout,
    @Nullable Duration perTryTimeout,
    @Nullable Duration idleTimeout,
    StreamLimits streams,
    RetryRule retry,
    CallRules calls,
    boolean serviceWide,
    @Nullable SessionPersistence session) {
  /**
   * Puts together what is said.
   *
   * @param own what the rule itself retries; null: it does not say
   * @param ownFault what the rule itself injects; null: nothing
   * @param policy in force for the rule; null: none
   */
  static RuleSettings of(
      Timeouts timeouts,
      @Nullable RetryRule own,
      CallRules.@Nullable Fault ownFault,
      @Nullable RoutePolicySpec policy,
      boolean serviceWide,
      @Nullable Duration meshTimeout,
      @Nullable SessionPersistence session) {
    Duration timeout = timeouts.request();
    Duration perTry = timeouts.backendRequest();
    if (policy != null) {
      timeout = timeout == null ? policy.timeout() : timeout;
      perTry = perTry == null ? policy.perTryTimeout() : perTry;
    }
    CallRules calls = policy == null ? CallRules.NONE : policy.calls();
    return new RuleSettings(
        timeout == null ? meshTimeout : timeout,
        perTry,
        policy == null ? null : policy.idleTimeout(),
        policy == null ? StreamLimits.NONE : policy.streams(),
        retry(own, policy),
        ownFault == null ? calls : calls.with(ownFault),
        serviceWide,
        session);
  }

  private static RetryRule retry(@Nullable RetryRule own, @Nullable RoutePolicySpec policy) {
    RoutePolicySpec.Retry configured = policy == null ? null : policy.retry();
    if (own == null && configured == null) {
      return RetryRule.IMPLICIT;
    }
    RetryRule rule = own == null ? RetryRule.of(Objects.requireNonNull(configured)) : own;
    return rule.nonIdempotent(policy != null && policy.allowNonIdempotent());
  }
}
