package io.inmesh.balance;

import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy.Algorithm;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Round robin by weights that follow from what hosts report about their load (gRFC A58). A host
 * whose reports are too new or too old has the mean of the others' weights; with fewer than two
 * usable reports all hosts weigh the same. Lock-free.
 */
final class UtilizationRoundRobin implements RefreshedPicker {
  private final HostSet hosts;
  private final Algorithm.Utilization policy;
  private final AtomicInteger cursor;
  private volatile StrideSchedule schedule;

  UtilizationRoundRobin(
      HostSet hosts, Algorithm.Utilization policy, Clock clock, Randomness random) {
    this.hosts = hosts;
    this.policy = policy;
    this.cursor = new AtomicInteger(random.nextInt(Integer.MAX_VALUE));
    this.schedule = schedule(clock.nanoTime());
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    int index = schedule.next(cursor);
    Host host = hosts.get(index);
    return request.admits(host) ? host : hosts.firstAdmitted(request, index);
  }

  @Override
  public long refreshNanos() {
    return Math.max(100_000_000L, policy.updatePeriod().toNanos());
  }

  @Override
  public void refresh(long nowNanos) {
    schedule = schedule(nowNanos);
  }

  private StrideSchedule schedule(long now) {
    double[] weights = new double[hosts.size()];
    double sum = 0;
    int usable = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] =
          hosts
              .get(i)
              .state()
              .reportedLoad()
              .weight(now, policy.blackout().toNanos(), policy.expiration().toNanos());
      sum += weights[i];
      usable += weights[i] > 0 ? 1 : 0;
    }
    if (usable < 2) {
      Arrays.fill(weights, 1);
      return StrideSchedule.of(weights);
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] = weights[i] > 0 ? weights[i] : sum / usable;
    }
    return StrideSchedule.of(weights);
  }
}
