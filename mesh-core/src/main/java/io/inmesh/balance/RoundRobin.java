package io.inmesh.balance;

import io.inmesh.control.Randomness;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Weighted round robin from a random start, so that clients which start together do not walk the
 * hosts in step. Lock-free.
 */
final class RoundRobin implements EndpointPicker {
  private final HostSet hosts;
  private final WarmUp warmUp;
  private final StrideSchedule schedule;
  private final AtomicInteger cursor;

  RoundRobin(HostSet hosts, WarmUp warmUp, Randomness random) {
    this.hosts = hosts;
    this.warmUp = warmUp;
    this.cursor = new AtomicInteger(random.nextInt(Integer.MAX_VALUE));
    this.schedule = StrideSchedule.of(hosts);
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    int index = schedule.next(cursor);
    Host host = hosts.get(index);
    for (int tries = 1; tries < WarmUp.MAX_TRIES && !warmUp.accepts(host, request); tries++) {
      index = schedule.next(cursor);
      host = hosts.get(index);
    }
    return request.admits(host) ? host : hosts.firstAdmitted(request, index);
  }
}
