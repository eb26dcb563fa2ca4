package io.inmesh.server.compile;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Retries: Envoy's tokens for HTTP and gRPC side by side; each client ignores what is not its. */
final class RetryResources {
  private static final int HOST_SELECTION_ATTEMPTS = 5;

  private static final RetryPolicy.RetryHostPredicate PREVIOUS_HOSTS =
      RetryPolicy.RetryHostPredicate.newBuilder()
          .setName("envoy.retry_host_predicates.previous_hosts")
          .setTypedConfig(Any.pack(PreviousHostsPredicate.getDefaultInstance()))
          .build();

  /** As Istio sends it: priorities are weighed anew after every second attempt. */
  private static final RetryPolicy.RetryPriority OTHER_PRIORITIES =
      RetryPolicy.RetryPriority.newBuilder()
          .setName("envoy.retry_priorities.previous_priorities")
          .setTypedConfig(
              Any.pack(PreviousPrioritiesConfig.newBuilder().setUpdateFrequency(2).build()))
          .build();

  private RetryResources() {}

  /** Empty if nothing is retried and attempts have no limit of their own. */
  static Optional<RetryPolicy> of(
      RetryRule rule, @Nullable Duration perTryTimeout, CapabilityClass clients) {
    RetryPolicy.Builder policy = RetryPolicy.newBuilder();
    if (rule.attempts() == 0) {
      // Stock gRPC refuses a policy without retries, and it ignores limits of attempts.
      if (perTryTimeout == null || clients == CapabilityClass.GRPC) {
        return Optional.empty();
      }
      policy.setNumRetries(Protos.uint(0));
    } else {
      policy
          .setRetryOn(String.join(",", rule.on()))
          .setNumRetries(Protos.uint(rule.attempts()))
          .addAllRetriableStatusCodes(rule.codes());
      if (rule.hosts().others()) {
        policy
            .addRetryHostPredicate(PREVIOUS_HOSTS)
            .setHostSelectionRetryMaxAttempts(HOST_SELECTION_ATTEMPTS);
      }
      if (rule.hosts().remote()) {
        policy.setRetryPriority(OTHER_PRIORITIES);
      }
      backOff(rule, policy);
      retryAfter(rule, policy);
    }
    if (rule.perTryIdle() != null && clients != CapabilityClass.GRPC) {
      policy.setPerTryIdleTimeout(Protos.duration(rule.perTryIdle()));
    }
    if (perTryTimeout != null) {
      policy.setPerTryTimeout(Protos.duration(perTryTimeout));
    }
    return Optional.of(policy.build());
  }

  private static void retryAfter(RetryRule rule, RetryPolicy.Builder policy) {
    if (rule.retryAfter() == null) {
      return;
    }
    RetryPolicy.RateLimitedRetryBackOff.Builder backOff =
        RetryPolicy.RateLimitedRetryBackOff.newBuilder()
            .setMaxInterval(Protos.duration(rule.retryAfter().max()));
    for (String header : rule.retryAfter().headers()) {
      backOff.addResetHeaders(
          RetryPolicy.ResetHeader.newBuilder()
              .setName(header)
              .setFormat(RetryPolicy.ResetHeaderFormat.SECONDS));
    }
    policy.setRateLimitedRetryBackOff(backOff);
  }

  private static void backOff(RetryRule rule, RetryPolicy.Builder policy) {
    RetryRule.BackOff backOff = rule.backOff();
    if (backOff.equals(RetryRule.BackOff.USUAL)) {
      return;
    }
    Duration base = backOff.base() == null ? Duration.ofMillis(25) : backOff.base();
    Duration max = backOff.max() == null ? base.multipliedBy(10) : backOff.max();
    if (base.isZero()) {
      base = Duration.ofMillis(1);
    }
    policy.setRetryBackOff(
        RetryPolicy.RetryBackOff.newBuilder()
            .setBaseInterval(Protos.duration(base))
            .setMaxInterval(Protos.duration(max.compareTo(base) < 0 ? base : max)));
  }
}
