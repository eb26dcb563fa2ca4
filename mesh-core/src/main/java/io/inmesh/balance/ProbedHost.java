package io.inmesh.balance;

import io.inmesh.control.Cancellable;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.HealthCheck.Intervals;
import java.time.Duration;

/**
 * Where one host stands in active health checking: thresholds and intervals as Envoy has them.
 * Confined to the control loop.
 */
final class ProbedHost {
  /** What an answer changed. */
  enum Change {
    NONE,
    /** It would become healthy or unhealthy with some more of the same. */
    PENDING,
    /** It became healthy or unhealthy. */
    DONE
  }

  final EndpointState state;
  ProbeTarget target;
  Prober.Session session;

  /** The next probe, or the end of the time for the one that is under way. */
  Cancellable timer = Cancellable.NONE;

  /** Grows with each probe and when there shall be no more, so that late answers are known. */
  int turn;

  /** Whether a probe is under way. */
  boolean asking;

  private boolean answered;
  private boolean failed;
  private boolean degraded;
  private int successes;
  private int failures;

  ProbedHost(EndpointState state, ProbeTarget target, Prober.Session session) {
    this.state = state;
    this.target = target;
    this.session = session;
  }

  boolean answered() {
    return answered;
  }

  boolean failed() {
    return failed;
  }

  boolean degraded() {
    return degraded;
  }

  /** The first answer decides alone; later ones have to come several times in a row. */
  Change take(ProbeAnswer answer, HealthCheck check) {
    boolean first = !answered;
    answered = true;
    if (answer.success()) {
      failures = 0;
      degraded = answer.kind() == ProbeAnswer.Kind.DEGRADED;
      if (!failed) {
        return Change.NONE;
      }
      if (++successes < check.healthyThreshold()) {
        return Change.PENDING;
      }
      failed = false;
      return Change.DONE;
    }
    successes = 0;
    if (failed) {
      return Change.NONE;
    }
    boolean atOnce = first || answer.kind() == ProbeAnswer.Kind.UNHEALTHY;
    if (!atOnce && ++failures < check.unhealthyThreshold()) {
      return Change.PENDING;
    }
    failures = 0;
    failed = true;
    return Change.DONE;
  }

  /** What is known is too old to count. */
  void forget() {
    answered = false;
    failed = false;
    degraded = false;
    successes = 0;
    failures = 0;
  }

  /** The time to the next probe, before jitter. */
  static Duration pause(Intervals times, boolean success, Change change, boolean traffic) {
    boolean edge = change == Change.PENDING;
    if (!traffic) {
      return success && !edge ? times.noTrafficHealthy() : times.noTraffic();
    }
    if (success) {
      return edge ? times.healthyEdge() : times.interval();
    }
    return edge ? times.unhealthyEdge() : times.unhealthy();
  }
}
