package io.inmesh.conformance.world;

import java.util.concurrent.CompletableFuture;

/** A call under way. */
public interface Pending {
  /** Waits for the answer. */
  Answer await() throws InterruptedException;

  /** Whether there is an answer. */
  boolean done();

  /** Gives up, as an application of this style would: cancels, or interrupts the waiting thread. */
  void cancel();

  /** Whose answer comes by itself, unless it is cancelled. */
  static Pending of(CompletableFuture<Answer> answer, Runnable cancel) {
    return new Pending() {
      @Override
      public Answer await() throws InterruptedException {
        return Caller.await(answer);
      }

      @Override
      public boolean done() {
        return answer.isDone();
      }

      @Override
      public void cancel() {
        cancel.run();
      }
    };
  }
}
