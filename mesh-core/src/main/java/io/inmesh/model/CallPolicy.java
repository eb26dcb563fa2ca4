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
 */
public record CallPolicy(
    @Nullable HedgePolicy hedge, boolean idempotencyKeys, List<ResponseClass> responses) {
  /** Nothing special. */
  public static final CallPolicy NONE = new CallPolicy(null, false, List.of());

  public CallPolicy {
    responses = List.copyOf(responses);
  }
}
