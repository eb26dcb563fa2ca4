package io.inmesh.control;

/** A pending task that may be called off. */
@FunctionalInterface
public interface Cancellable {
  /** Nothing to cancel. */
  Cancellable NONE = () -> {};

  /** Calls the task off if it has not run; has no effect otherwise. */
  void cancel();
}
