package io.inmesh.balance;

import io.inmesh.control.SlidingCounts;
import io.inmesh.model.FailureAccrual;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where one host stands in failure accrual. A request gets a pass, which is the state that admitted
 * it: what comes of the request counts only while the host is in that state still, so that requests
 * from before a penalty decide nothing after it. Thread-safe, lock-free.
 */
final class Accrual {
  /** Instead of a pass: there is no place. */
  static final int REFUSED = -1;

  /** The pass of a host that nobody judges. */
  static final int UNJUDGED = 0;

  private static final int SERVING = 0;
  private static final int SHUT = 1;
  private static final int PROBATION = 2;

  /** On probation, and the one request that decides is under way. */
  private static final int PROBING = 3;

  private static final int PHASES = 4;

  /** One of the phases, plus {@link #PHASES} for each change so far; wraps, to fit a short. */
  private final AtomicInteger state = new AtomicInteger(UNJUDGED);

  private final AtomicInteger failures = new AtomicInteger();

  /** Requests and those that did not succeed; null: none since it was last shut. */
  private volatile @Nullable SlidingCounts counts;

  /** How often in a row it was shut; confined to the control loop. */
  private int trips;

  private static int phase(int state) {
    return state % PHASES;
  }

  private static int next(int state, int phase) {
    return ((state - phase(state) + PHASES) & Short.MAX_VALUE) + phase;
  }

  boolean serving() {
    return phase(state.get()) != SHUT;
  }

  boolean open() {
    int now = phase(state.get());
    return now == SERVING || now == PROBATION;
  }

  /** A pass, or {@link #REFUSED}. */
  int enter() {
    int now = state.get();
    if (phase(now) == SERVING) {
      return now;
    }
    int probing = next(now, PROBING);
    return phase(now) == PROBATION && state.compareAndSet(now, probing) ? probing : REFUSED;
  }

  /** A request is over; whether the host is to be shut for it. */
  boolean finished(int pass, Verdict verdict, FailureAccrual policy, long nowNanos) {
    int now = state.get();
    if (now != pass) {
      return false;
    }
    FailureAccrual.SuccessRate rate = policy.successRate();
    if (phase(now) == PROBING) {
      boolean good = verdict == Verdict.GOOD || (verdict == Verdict.LIMITED && rate == null);
      if (good) {
        state.compareAndSet(now, next(now, SERVING));
      }
      return !good;
    }
    boolean rarely = rate != null && succeedsTooRarely(verdict, rate, nowNanos);
    if (verdict != Verdict.FAILED) {
      if (failures.get() != 0) {
        failures.set(0);
      }
      return rarely;
    }
    return failures.incrementAndGet() >= policy.maxFailures() || rarely;
  }

  private boolean succeedsTooRarely(
      Verdict verdict, FailureAccrual.SuccessRate rate, long nowNanos) {
    SlidingCounts counted = counts;
    if (counted == null) {
      counted = new SlidingCounts(rate.window().toNanos());
      counts = counted;
    }
    counted.all(nowNanos);
    if (verdict != Verdict.GOOD) {
      counted.some(nowNanos);
    }
    long all = counted.countAll(nowNanos);
    return all >= rate.minRequests() && all - counted.countSome(nowNanos) < rate.threshold() * all;
  }

  /** A request ended without saying anything; if it was to decide, another one may. */
  void undecided(int pass) {
    if (phase(pass) == PROBING) {
      state.compareAndSet(pass, next(pass, PROBATION));
    }
  }

  /** Shuts it for a request; false if something else happened before. On the control loop. */
  boolean shut(int pass) {
    if (!state.compareAndSet(pass, next(pass, SHUT))) {
      return false;
    }
    trips = phase(pass) == PROBING ? trips + 1 : 0;
    forget();
    return true;
  }

  /** How often it was shut without a success in between, from 0. On the control loop. */
  int trips() {
    return trips;
  }

  /** The penalty is over. On the control loop. */
  void probation() {
    int now = state.get();
    if (phase(now) == SHUT) {
      state.compareAndSet(now, next(now, PROBATION));
    }
  }

  /** Begins to count anew. On the control loop. */
  void forget() {
    failures.set(0);
    counts = null;
  }

  /** Nothing is held against it any more. On the control loop. */
  void forgive() {
    forget();
    state.updateAndGet(now -> phase(now) == SERVING ? now : next(now, SERVING));
  }
}
