package io.inmesh.call.engine;

import io.inmesh.control.Cancellable;

/**
 * Ends an attempt on which nothing moves. Looks no more often than once per idle time, however busy
 * the stream is. Confined to the call's serial context.
 */
final class IdleWatch implements Runnable {
  private final MeshAttempt attempt;
  private final CallAttempts call;
  private final long idleNanos;
  private long last;
  private Cancellable timer;

  IdleWatch(MeshAttempt attempt, CallAttempts call, long idleNanos) {
    this.attempt = attempt;
    this.call = call;
    this.idleNanos = idleNanos;
    this.last = call.engine.clock.nanoTime();
    this.timer = call.transport.schedule(idleNanos, this);
  }

  /** The shorter of two idle times of which 0 stands for none. */
  static long shorter(long a, long b) {
    return a == 0 ? b : b == 0 ? a : Math.min(a, b);
  }

  void progress() {
    last = call.engine.clock.nanoTime();
  }

  void cancel() {
    timer.cancel();
  }

  @Override
  public void run() {
    long silence = call.engine.clock.nanoTime() - last;
    if (silence < idleNanos) {
      timer = call.transport.schedule(idleNanos - silence, this);
    } else if (!attempt.over() && call.live()) {
      call.idle(attempt);
    }
  }
}
