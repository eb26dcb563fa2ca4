package io.inmesh.filter;

import io.inmesh.call.ResponseHead;

/**
 * Takes part in calls. One instance serves all calls of the routes that share its settings, also
 * when the configuration around them changes: thread-safe, without locks; what belongs to one call
 * is kept in {@link FilterCall#state}. Runs once per call, not once per attempt. Must not block.
 */
@FunctionalInterface
public interface MeshFilter {
  /**
   * Whether it decides about nothing but who may send a request. Such filters are asked again when
   * an application hands a request on to another path.
   */
  default boolean guards() {
    return false;
  }

  /** The request head is here: change it, answer it, hold it, or let it pass. */
  Step onRequest(FilterCall call);

  /**
   * The response head that goes to the application (client side) or to the caller (server side).
   * Not called for filters whose {@link #onRequest} did not run, nor on the filter that answered.
   */
  default void onResponse(FilterCall call, ResponseHead response) {}

  /** The call is over; called exactly once if {@link #onRequest} was. */
  default void onEnd(FilterCall call, Ending ending) {}
}
