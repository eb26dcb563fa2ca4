package io.inmesh.call.engine;

import io.inmesh.control.Cancellable;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one attempt: its own time limit, which ends with the response head, and its idle
 * time. Exists where a policy has either. Confined to the call's serial context.
 */
final class AttemptTimers implements Runnable {
  private final MeshAttempt attempt;
  private final CallAttempts call;
  private @Nullable Cancellable limit;
  private @Nullable IdleWatch idle;

  AttemptTimers(MeshAttempt attempt, CallAttempts call) {
    this.attempt = attempt;
    this.call = call;
  }

  /** Sets the time limit, once. */
  void limit(long nanos) {
    if (limit == null) {
      limit = call.transport.schedule(nanos, this);
    }
  }

  /** Watches for silence from now on. */
  void watch(long idleNanos) {
    if (idle == null) {
      idle = new IdleWatch(attempt, call, idleNanos);
    }
  }

  void progress() {
    if (idle != null) {
      idle.progress();
    }
  }

  void headSeen() {
    if (limit != null) {
      limit.cancel();
      limit = null;
    }
  }

  /** The time limit is over. */
  @Override
  public void run() {
    limit = null;
    if (attempt.mayAnswer() && call.attempting()) {
      call.perTryTimedOut(attempt);
    }
  }

  void cancel() {
    headSeen();
    if (idle != null) {
      idle.cancel();
      idle = null;
    }
  }
}
