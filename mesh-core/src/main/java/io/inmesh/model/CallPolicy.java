package io.inmesh.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What standard xDS cannot say about the calls of a route.
 *
 * @param hedge null: no hedging
 * @param idempotencyKeys whether the servers behind it execute requests with the same idempotency
 *     key once, so that a request with a key may be retried at the same server
 * @param responses what responses mean; the first that is about a status counts; empty: the usual
 * @param retryConditions names of conditions that applications bring, for what else is retried
 */
public record CallPolicy(
    @Nullable HedgePolicy hedge,
    boolean idempotencyKeys,
    List<ResponseClass> responses,
    List<String> retryConditions) {
  /** Nothing special. */
  public static final CallPolicy NONE = new CallPolicy(null, false, List.of());

  public CallPolicy {
    responses = List.copyOf(responses);
    retryConditions = List.copyOf(retryConditions);
  }

  /** Without conditions of applications. */
  public CallPolicy(
      @Nullable HedgePolicy hedge, boolean idempotencyKeys, List<ResponseClass> responses) {
    this(hedge, idempotencyKeys, responses, List.of());
  }
}
