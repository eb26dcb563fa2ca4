package io.inmesh;

import io.inmesh.identity.SpiffeId;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.ImplicitContextKeyed;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the application says about its calls, over and above the mesh's policy. Immutable. Handed to
 * a client explicitly, or made current for all calls of a block, whatever client makes them:
 *
 * <pre>{@code
 * try (Scope scope = RequestOptions.DEFAULT.withIdempotencyKey(key).makeCurrent()) {
 *   orders.post(order);
 * }
 * }</pre>
 *
 * @param timeout over everything, retries included; null: only the route's and the inherited
 *     deadline apply. A sooner deadline of either always wins
 * @param idempotent whether executing the request twice is harmless; null: by the method (GET,
 *     HEAD, OPTIONS, TRACE, PUT and DELETE are)
 * @param idempotencyKey sent as {@code idempotency-key}: where the route says that servers know
 *     keys, they execute requests of one key once, so that any request may be retried; null: none
 * @param maxAttempts replaces the policy's number of tries, the first included; 1: no retry; 0: the
 *     policy's
 * @param hedgeAfter replaces the policy's delay after which a second try joins one that has not
 *     answered; null: the policy's; zero or negative: never. Only for idempotent requests
 * @param waitForReady waits for an endpoint instead of failing fast
 * @param requiredPeer who must answer, over and above what the mesh accepts; a call that cannot be
 *     certain of it fails and is not sent. Over gRPC that needs a service that only this identity
 *     answers for. Null: whom the mesh accepts
 */
public record RequestOptions(
    @Nullable Duration timeout,
    @Nullable Boolean idempotent,
    @Nullable String idempotencyKey,
    int maxAttempts,
    @Nullable Duration hedgeAfter,
    boolean waitForReady,
    @Nullable SpiffeId requiredPeer)
    implements ImplicitContextKeyed {
  /** All as the mesh's policy says. */
  public static final RequestOptions DEFAULT =
      new RequestOptions(null, null, null, 0, null, false, null);

  private static final ContextKey<RequestOptions> KEY = ContextKey.named("inmesh-request-options");

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public RequestOptions {
    if (maxAttempts < 0) {
      throw new IllegalArgumentException("maxAttempts must not be negative: " + maxAttempts);
    }
    if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
      throw new IllegalArgumentException("timeout must be positive: " + timeout);
    }
    if (idempotencyKey != null && idempotencyKey.isBlank()) {
      throw new IllegalArgumentException("idempotencyKey must not be blank");
    }
  }

  /** Those of a context; {@link #DEFAULT} if it has none. */
  public static RequestOptions from(Context context) {
    RequestOptions found = context.get(KEY);
    return found == null ? DEFAULT : found;
  }

  @Override
  public Context storeInContext(Context context) {
    return context.with(KEY, this);
  }

  /** The same with another time limit. */
  public RequestOptions withTimeout(Duration value) {
    return new RequestOptions(
        value, idempotent, idempotencyKey, maxAttempts, hedgeAfter, waitForReady, requiredPeer);
  }

  /** The same, with knowledge about being executed twice. */
  public RequestOptions withIdempotent(boolean value) {
    return new RequestOptions(
        timeout, value, idempotencyKey, maxAttempts, hedgeAfter, waitForReady, requiredPeer);
  }

  /** The same with a key, unique for what the request means to do. */
  public RequestOptions withIdempotencyKey(String value) {
    return new RequestOptions(
        timeout, idempotent, value, maxAttempts, hedgeAfter, waitForReady, requiredPeer);
  }

  /** The same with another number of tries. */
  public RequestOptions withMaxAttempts(int value) {
    return new RequestOptions(
        timeout, idempotent, idempotencyKey, value, hedgeAfter, waitForReady, requiredPeer);
  }

  /** The same with another hedging delay. */
  public RequestOptions withHedgeAfter(Duration value) {
    return new RequestOptions(
        timeout, idempotent, idempotencyKey, maxAttempts, value, waitForReady, requiredPeer);
  }

  /** The same, waiting for an endpoint or not. */
  public RequestOptions withWaitForReady(boolean value) {
    return new RequestOptions(
        timeout, idempotent, idempotencyKey, maxAttempts, hedgeAfter, value, requiredPeer);
  }

  /** The same, with who must answer. */
  public RequestOptions withRequiredPeer(SpiffeId value) {
    return new RequestOptions(
        timeout, idempotent, idempotencyKey, maxAttempts, hedgeAfter, waitForReady, value);
  }
}
