package io.inmesh.call;

import org.jspecify.annotations.Nullable;

/**
 * What the application says about one call.
 *
 * @param timeoutNanos over everything; 0: only the route's and the inherited deadline apply
 * @param idempotent whether executing it twice is harmless; null: by the method (GET, HEAD,
 *     OPTIONS, TRACE, PUT and DELETE are)
 * @param replayable whether the request can be sent again from the start
 * @param waitForReady waits for an endpoint instead of failing fast
 */
public record CallOptions(
    long timeoutNanos, @Nullable Boolean idempotent, boolean replayable, boolean waitForReady) {
  /** Nothing special, replayable. */
  public static final CallOptions DEFAULT = new CallOptions(0, null, true, false);
}
