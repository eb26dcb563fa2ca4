package io.inmesh.call;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import org.jspecify.annotations.Nullable;

/**
 * What an inbound request hands down to the outbound calls made on its behalf, in OpenTelemetry's
 * context: its deadline and its peer. Stateless.
 */
public final class CallContext {
  private static final ContextKey<Long> DEADLINE = ContextKey.named("inmesh-deadline");
  private static final ContextKey<Peer> PEER = ContextKey.named("inmesh-peer");

  private CallContext() {}

  /** The deadline on the engine's clock; {@link Long#MAX_VALUE}: none. */
  public static long deadlineNanos(Context context) {
    Long deadline = context.get(DEADLINE);
    return deadline == null ? Long.MAX_VALUE : deadline;
  }

  /** Who sent the request; null outside of one. */
  public static @Nullable Peer peer(Context context) {
    return context.get(PEER);
  }

  /** A context with a deadline; an earlier one that is there already stays. */
  public static Context withDeadline(Context context, long deadlineNanos) {
    long known = deadlineNanos(context);
    return known <= deadlineNanos ? context : context.with(DEADLINE, deadlineNanos);
  }

  /** A context with a peer. */
  public static Context withPeer(Context context, Peer peer) {
    return context.with(PEER, peer);
  }
}
