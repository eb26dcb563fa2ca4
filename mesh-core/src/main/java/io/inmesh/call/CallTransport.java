package io.inmesh.call;

import io.inmesh.MeshException;
import io.inmesh.control.Cancellable;

/**
 * What the engine asks of the transport that carries one call. All methods, and all calls into
 * {@link OutboundCall} and {@link Attempt} after {@link OutboundCall#start}, run in the call's
 * serial context (an event loop, or an executor that runs one task at a time).
 */
public interface CallTransport {
  /**
   * Sends the request as this attempt: {@link Attempt#pick}, connect, write. Never calls back
   * before it returns from {@code send} unless it is already in the serial context, which it is.
   */
  void send(Attempt attempt);

  /** Gives up an attempt: resets its stream, frees its connection, reports nothing more of it. */
  void abandon(Attempt attempt);

  /** This attempt's response head is the answer: passes it and what follows to the application. */
  void deliver(Attempt attempt);

  /** Answers the application without a peer. The last call for this call. */
  void respond(LocalReply reply);

  /**
   * Fails the call towards the application; after {@link #deliver} it breaks the response off. The
   * attempt in flight, if any, has been abandoned. The last call for this call.
   */
  void fail(MeshException failure);

  /** Runs a task in the call's serial context after a delay. */
  Cancellable schedule(long delayNanos, Runnable task);

  /** Runs a task in the call's serial context, soon; callable from any thread. */
  void execute(Runnable task);
}
