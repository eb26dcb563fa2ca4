package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.inmesh.server.config.CallRules;
import io.inmesh.wire.route.v1.CallPolicy;
import io.inmesh.wire.route.v1.FixedStatus;
import io.inmesh.wire.route.v1.Hedging;
import io.inmesh.wire.route.v1.ResponseClass;
import io.inmesh.wire.route.v1.RetrySafety;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Our own extensions of routes; only our own clients get them. */
final class OwnExtensions {
  /** On a weighted cluster. */
  static final String FIXED_STATUS = "inmesh.fixed_status";

  /** On a route. */
  static final String RETRY = "inmesh.retry";

  /** On a route. */
  static final String CALLS = "inmesh.calls";

  private OwnExtensions() {}

  static Any fixedStatus(int status, String reason) {
    return optional(FixedStatus.newBuilder().setHttpStatus(status).setReason(reason).build());
  }

  /** What Envoy's policy cannot say; null: nothing. */
  static @Nullable Any retries(RetryRule rule) {
    RetrySafety.Builder made =
        RetrySafety.newBuilder().setNonIdempotentAllowed(rule.nonIdempotent());
    Duration least = rule.backOff().least();
    if (least != null) {
      made.setMinWait(Protos.duration(least));
    }
    RetrySafety safety = made.build();
    return safety.equals(RetrySafety.getDefaultInstance()) ? null : optional(safety);
  }

  static Any calls(CallRules rules, List<String> retryConditions) {
    CallPolicy.Builder policy =
        CallPolicy.newBuilder()
            .setIdempotencyKeys(rules.idempotencyKeys() != null)
            .addAllRetryConditions(retryConditions);
    CallRules.Hedge hedge = rules.hedge();
    if (hedge != null && !hedge.onPerTryTimeout()) {
      Hedging.Builder hedging =
          Hedging.newBuilder()
              .setMaxAttempts(hedge.maxAttempts())
              .setPercentile(hedge.percentile())
              .setBudgetPercent(hedge.budgetPercent());
      if (hedge.delay() != null) {
        hedging.setDelay(Protos.duration(hedge.delay()));
      }
      policy.setHedging(hedging);
    }
    for (CallRules.ResponseClass one : rules.success()) {
      policy.addResponseClasses(
          ResponseClass.newBuilder()
              .setFromStatus(one.from())
              .setToStatus(one.to())
              .addAllGrpcStatuses(one.grpcStatuses())
              .setFailure(one.failure()));
    }
    return optional(policy.build());
  }

  /** Whether there is anything in it that only our clients understand. */
  static boolean needed(CallRules rules, List<String> retryConditions) {
    return (rules.hedge() != null && !rules.hedge().onPerTryTimeout())
        || rules.idempotencyKeys() != null
        || !rules.success().isEmpty()
        || !retryConditions.isEmpty();
  }

  private static Any optional(Message config) {
    return Any.pack(
        FilterConfig.newBuilder().setIsOptional(true).setConfig(Any.pack(config)).build());
  }
}
