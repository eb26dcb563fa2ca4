package io.inmesh.conformance.world;

/** A call under way. */
public interface Pending {
  /** Waits for the answer. */
  Answer await() throws InterruptedException;

  /** Whether there is an answer. */
  boolean done();

  /** Gives up, as an application of this style would: cancels, or interrupts the waiting thread. */
  void cancel();
}
