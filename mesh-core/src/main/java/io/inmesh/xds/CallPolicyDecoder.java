package io.inmesh.xds;

import com.google.protobuf.Any;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.HedgePolicy;
import io.inmesh.model.ResponseClass;
import io.inmesh.wire.route.v1.Hedging;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Our own {@code inmesh.route.v1.CallPolicy} of routes. */
final class CallPolicyDecoder {
  private static final int MAX_HEDGED_ATTEMPTS = 5;
  private static final double BUDGET_PERCENT = 5;

  private final Decoding decoding;

  CallPolicyDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  /** A route's, or nothing special. */
  CallPolicy of(Map<String, Any> configs, FieldPath path) throws Rejection {
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      Any any = RouteExtensions.unwrapped(entry.getValue());
      if (any != null && MessageTypes.is(any, io.inmesh.wire.route.v1.CallPolicy.class)) {
        FieldPath at = path.key("typed_per_filter_config", entry.getKey());
        return decode(decoding.unpack(any, io.inmesh.wire.route.v1.CallPolicy.class, at), at);
      }
    }
    return CallPolicy.NONE;
  }

  private CallPolicy decode(io.inmesh.wire.route.v1.CallPolicy policy, FieldPath path)
      throws Rejection {
    List<ResponseClass> classes = new ArrayList<>(policy.getResponseClassesCount());
    for (int i = 0; i < policy.getResponseClassesCount(); i++) {
      var one = policy.getResponseClasses(i);
      Set<Integer> grpc = new LinkedHashSet<>(one.getGrpcStatusesList());
      classes.add(
          new ResponseClass(one.getFromStatus(), one.getToStatus(), grpc, one.getFailure()));
    }
    return new CallPolicy(
        policy.hasHedging() ? hedging(policy.getHedging(), path.field("hedging")) : null,
        policy.getIdempotencyKeys(),
        classes,
        policy.getRetryConditionsList());
  }

  private HedgePolicy hedging(Hedging hedging, FieldPath path) throws Rejection {
    int attempts = hedging.getMaxAttempts() == 0 ? 2 : hedging.getMaxAttempts();
    if (attempts < 2 || attempts > MAX_HEDGED_ATTEMPTS) {
      throw new Rejection(path.field("max_attempts"), "must be from 2 to " + MAX_HEDGED_ATTEMPTS);
    }
    double percentile = hedging.getPercentile();
    if (!(percentile >= 0 && percentile < 100)) {
      throw new Rejection(path.field("percentile"), "must be above 0 and below 100");
    }
    double budget = hedging.getBudgetPercent() == 0 ? BUDGET_PERCENT : hedging.getBudgetPercent();
    if (!(budget > 0 && budget <= 100)) {
      throw new Rejection(path.field("budget_percent"), "must be from 0 to 100");
    }
    @Nullable Duration delay =
        decoding.positive(hedging.hasDelay(), hedging.getDelay(), path.field("delay"));
    if (delay == null && percentile == 0) {
      throw new Rejection(path, "needs a delay or a percentile");
    }
    return new HedgePolicy(attempts, delay, percentile, budget, false);
  }
}
