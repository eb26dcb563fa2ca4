package io.inmesh.balance;

import java.util.concurrent.atomic.AtomicInteger;

/** Where one host stands in failure accrual. Thread-safe, lock-free. */
final class Accrual {
  private static final int SERVING = 0;
  private static final int SHUT = 1;
  private static final int PROBATION = 2;

  /** On probation, and the one request that decides is under way. */
  private static final int PROBING = 3;

  private final AtomicInteger state = new AtomicInteger(SERVING);
  private final AtomicInteger failures = new AtomicInteger();

  /** How often in a row it was shut; confined to the control loop. */
  private int trips;

  boolean serving() {
    return state.get() != SHUT;
  }

  boolean open() {
    int now = state.get();
    return now == SERVING || now == PROBATION;
  }

  boolean enter() {
    int now = state.get();
    return now == SERVING || (now == PROBATION && state.compareAndSet(PROBATION, PROBING));
  }

  void succeeded() {
    if (failures.get() != 0) {
      failures.set(0);
    }
    state.compareAndSet(PROBING, SERVING);
  }

  /** Whether that was one failure too many. */
  boolean failed(int maxFailures) {
    return state.get() == PROBING || failures.incrementAndGet() >= maxFailures;
  }

  /** The request that was to decide ended without saying anything. */
  void undecided() {
    state.compareAndSet(PROBING, PROBATION);
  }

  /** Shuts it; false if it is shut already. On the control loop. */
  boolean shut() {
    int now = state.get();
    if (now == SHUT || now == PROBATION) {
      return false;
    }
    trips = now == PROBING ? trips + 1 : 0;
    failures.set(0);
    state.set(SHUT);
    return true;
  }

  /** How often it was shut without a success in between, from 0. On the control loop. */
  int trips() {
    return trips;
  }

  /** The penalty is over. On the control loop. */
  void probation() {
    state.compareAndSet(SHUT, PROBATION);
  }

  /** Nothing is held against it any more. On the control loop. */
  void forgive() {
    failures.set(0);
    state.set(SERVING);
  }
}
