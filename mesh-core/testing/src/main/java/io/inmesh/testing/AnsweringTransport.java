package io.inmesh.testing;

import io.inmesh.MeshException;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallTransport;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;

/**
 * Answers every attempt with 200 at once, so that only the engine's work is left to measure.
 * Confined to one thread.
 */
public final class AnsweringTransport implements CallTransport {
  private final ResponseHead response = FakeResponse.http(200);
  private int delivered;

  /** How many calls were answered. */
  public int delivered() {
    return delivered;
  }

  @Override
  public void send(Attempt attempt) {
    if (attempt.pick(Usable.ALL) != Attempt.Pick.PICKED) {
      throw new IllegalStateException("nothing was picked");
    }
    attempt.sent();
    attempt.requestEnd();
    attempt.head(response);
    attempt.end(ResponseHead.NO_GRPC_STATUS, null);
  }

  @Override
  public void abandon(Attempt attempt) {}

  @Override
  public void deliver(Attempt attempt) {
    delivered++;
  }

  @Override
  public void respond(LocalReply reply) {
    throw new IllegalStateException("answered by the mesh: " + reply);
  }

  @Override
  public void fail(MeshException failure) {
    throw new IllegalStateException(failure);
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    return Cancellable.NONE;
  }

  @Override
  public void execute(Runnable task) {
    task.run();
  }
}
