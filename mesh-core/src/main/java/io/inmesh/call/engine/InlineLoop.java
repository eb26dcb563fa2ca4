package io.inmesh.call.engine;

import io.inmesh.control.Cancellable;
import io.inmesh.control.Clock;
import io.inmesh.control.ControlLoop;

/** The control loop of an engine that was given none: tasks run at once, timers never. */
record InlineLoop(Clock clock) implements ControlLoop {
  @Override
  public void execute(Runnable task) {
    task.run();
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    return Cancellable.NONE;
  }

  @Override
  public void checkInLoop() {}

  @Override
  public void close() {}
}
