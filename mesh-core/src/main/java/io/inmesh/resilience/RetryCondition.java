package io.inmesh.resilience;

import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;

/**
 * What an application knows about responses that are worth another attempt, beyond statuses and
 * headers. It applies to the routes whose {@code RoutePolicy} names it in {@code retry.conditions},
 * within their number of retries, their budget and the rules about what may be repeated. Called in
 * the request path: thread-safe, and must not block.
 */
@FunctionalInterface
public interface RetryCondition {
  /**
   * Whether a response is to be tried again. What it throws counts as no.
   *
   * @param request as it was sent
   * @param response the head; of a gRPC call that ended without messages, with its status
   */
  boolean retries(RequestHead request, ResponseHead response);
}
