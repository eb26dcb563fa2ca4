package io.inmesh.call;

import io.inmesh.RequestOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a transport says about one call.
 *
 * @param timeoutNanos over everything, as the transport's own API has it (a gRPC deadline); 0:
 *     none. The sooner of this and that of {@code request} counts
 * @param replayable whether the request can be sent again from the start, also while it is being
 *     sent (hedging)
 * @param complete whether the whole request is there from the start, so that what is timed from its
 *     end is timed from then on
 * @param request what the application says about this call; null: those of the current context
 */
public record CallOptions(
    long timeoutNanos, boolean replayable, boolean complete, @Nullable RequestOptions request) {
  /** Nothing special, replayable. */
  public static final CallOptions DEFAULT = new CallOptions(0, true, null);

  /** Nothing special, replayable, and it takes its time to be sent. */
  public static final CallOptions REPEATABLE = new CallOptions(0, true, false, null);

  /** Nothing special, and the request can be sent once. */
  public static final CallOptions ONCE = new CallOptions(0, false, null);

  /** What can be sent again is there, what cannot is not. */
  public CallOptions(long timeoutNanos, boolean replayable, @Nullable RequestOptions request) {
    this(timeoutNanos, replayable, replayable, request);
  }
}
