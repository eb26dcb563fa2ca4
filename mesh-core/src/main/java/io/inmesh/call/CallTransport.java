package io.inmesh.call;

import io.inmesh.MeshException;
import io.inmesh.control.Cancellable;

/**
 * What the engine asks of the transport that carries one call. All methods, and all calls into
 * {@link OutboundCall} and {@link Attempt} after {@link OutboundCall#start}, run in the call's
 * serial context (an event loop, or an executor that runs one task at a time).
 *
 * <p><b>Several attempts at once.</b> Where a call is hedged, {@link #send} comes while earlier
 * attempts are in flight. Each is reported on its own. The engine gives up by {@link #abandon}
 * whichever it does not want, at the latest right before it calls {@link #deliver} for the one
 * whose response the application gets, {@link #respond} or {@link #fail}: from then on at most that
 * one is in flight. So, until an attempt is delivered or abandoned, the transport keeps the head
 * and body that arrive for it (and need not read more of the body than a window); each attempt
 * sends the request from its start; {@link Attempt#decorate} and the writing of the head are one
 * step, so that attempts which share one head object do not mix their fields. Hedges are sent only
 * of calls whose {@link CallOptions#replayable} is true.
 */
public interface CallTransport {
  /**
   * Sends the request as this attempt: {@link Attempt#pick}, connect, write. Never calls back
   * before it returns from {@code send} unless it is already in the serial context, which it is.
   */
  void send(Attempt attempt);

  /**
   * Sends a copy of the request, as {@link Shadow} describes. Called before the first {@link
   * #send}. A transport that cannot do so fails it, which is only counted.
   */
  default void mirror(Shadow shadow) {
    shadow.failed(Failure.CLOSED, null);
  }

  /**
   * Gives up an attempt or shadow: resets its stream so that the peer stops working on it, frees
   * its connection, drops what it received, reports nothing more of it.
   */
  void abandon(Attempt attempt);

  /** This attempt's response head is the answer: passes it and what follows to the application. */
  void deliver(Attempt attempt);

  /** Answers the application without a peer. The last call for this call, but for its shadows. */
  void respond(LocalReply reply);

  /**
   * Fails the call towards the application; after {@link #deliver} it breaks the response off. The
   * attempts in flight, if any, have been abandoned. The last call for this call, but for its
   * shadows.
   */
  void fail(MeshException failure);

  /** Runs a task in the call's serial context after a delay. */
  Cancellable schedule(long delayNanos, Runnable task);

  /** Runs a task in the call's serial context, soon; callable from any thread. */
  void execute(Runnable task);
}
