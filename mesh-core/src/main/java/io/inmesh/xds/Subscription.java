package io.inmesh.xds;

import io.inmesh.control.Cancellable;
import org.jspecify.annotations.Nullable;

/** One watched resource and what is known of it. Confined to the control loop. */
final class Subscription<T> {
  /** What is known. */
  enum State {
    /** Nothing yet. */
    PENDING,
    /** A value, the last that was accepted. */
    PRESENT,
    /** It does not exist. */
    ABSENT,
    /** It exists, but no version of it was ever accepted. */
    REFUSED
  }

  final ResourceKind<T> kind;
  final String name;
  State state = State.PENDING;
  @Nullable Decoded<T> value;

  /** What the control server said of its not existing. */
  String absence = "";

  @Nullable Rejection rejection;
  @Nullable String unreachable;
  Cancellable watch = Cancellable.NONE;
  Cancellable timer = Cancellable.NONE;
  boolean needed;

  Subscription(ResourceKind<T> kind, String name) {
    this.kind = kind;
    this.name = name;
  }

  /** Whether it is known what to do about it. */
  boolean settled() {
    return state != State.PENDING;
  }

  /** The accepted value; null without one. */
  @Nullable T valueOrNull() {
    return state == State.PRESENT && value != null ? value.value() : null;
  }

  void end() {
    watch.cancel();
    timer.cancel();
  }
}
