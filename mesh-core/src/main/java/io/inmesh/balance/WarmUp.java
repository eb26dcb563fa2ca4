package io.inmesh.balance;

import io.inmesh.control.Clock;
import io.inmesh.model.BalancerPolicy.SlowStart;
import org.jspecify.annotations.Nullable;

/**
 * Slow start: a host that was chosen is passed over with the probability that keeps its share at
 * {@code weight * max(min, (age / window) ^ (1 / aggression))}, Envoy's formula. Costs one plain
 * read once every host of the set is warm. Thread-safe.
 */
final class WarmUp {
  /** Choices of hosts that are all cold end after so many. */
  static final int MAX_TRIES = 32;

  /** Every host is warm. */
  static final WarmUp NONE = new WarmUp();

  private final Clock clock;
  private final double windowNanos;
  private final double exponent;
  private final double least;
  private final long until;

  /** Racy on purpose: who reads it late only looks at the clock once more. */
  private boolean over;

  private WarmUp() {
    clock = Clock.SYSTEM;
    windowNanos = 0;
    exponent = 0;
    least = 1;
    until = 0;
    over = true;
  }

  private WarmUp(HostSet hosts, SlowStart policy, Clock clock) {
    this.clock = clock;
    this.windowNanos = policy.window().toNanos();
    this.exponent = 1 / policy.aggression();
    this.least = policy.minWeightPercent() / 100;
    long now = clock.nanoTime();
    long youngest = Long.MAX_VALUE;
    for (int i = 0; i < hosts.size(); i++) {
      youngest = Math.min(youngest, now - hosts.get(i).state().healthySince());
    }
    this.until = now - youngest + policy.window().toNanos();
    this.over = youngest >= policy.window().toNanos();
  }

  static WarmUp of(HostSet hosts, @Nullable SlowStart policy, Clock clock) {
    return policy == null ? NONE : new WarmUp(hosts, policy, clock);
  }

  /** Whether a chosen host is to be used; false: choose again. */
  boolean accepts(Host host, PickRequest request) {
    if (over) {
      return true;
    }
    long now = clock.nanoTime();
    if (now - until >= 0) {
      over = true;
      return true;
    }
    double share = share(now - host.state().healthySince());
    return share >= 1 || request.random().nextDouble() < share;
  }

  /** What part of its weight a host of an age has. */
  double share(long ageNanos) {
    double age = Math.max(1_000_000, ageNanos) / windowNanos;
    return age >= 1 ? 1 : Math.max(least, Math.pow(age, exponent));
  }
}
