package io.inmesh.balance;

import org.jspecify.annotations.Nullable;

/** Weighted random. Immutable. */
final class RandomPick implements EndpointPicker {
  private final HostSet hosts;
  private final WeightedDraw draw;

  RandomPick(HostSet hosts) {
    this.hosts = hosts;
    this.draw = new WeightedDraw(hosts);
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    int index = draw.next(request.random());
    Host host = hosts.get(index);
    return request.admits(host) ? host : hosts.firstAdmitted(request, index);
  }
}
