package io.inmesh.balance;

import io.inmesh.model.BalancerPolicy.Algorithm;

/** The algorithms of the library. */
public final class BuiltInPickers implements PickerFactory {
  @Override
  public EndpointPicker create(HostSet hosts, Setting setting) {
    Algorithm algorithm = setting.policy().algorithm();
    if (hosts.size() == 1) {
      return new SoleHost(hosts.get(0));
    }
    WarmUp warmUp = WarmUp.of(hosts, setting.policy().slowStart(), setting.clock());
    if (algorithm instanceof Algorithm.LeastRequest least) {
      return new LeastRequest(hosts, warmUp, least.choices(), least.bias());
    }
    if (algorithm instanceof Algorithm.PeakEwma ewma) {
      return new PeakEwma(hosts, warmUp, ewma, setting.clock());
    }
    if (algorithm instanceof Algorithm.RoundRobin) {
      return new RoundRobin(hosts, warmUp, setting.random());
    }
    if (algorithm instanceof Algorithm.Random) {
      return new RandomPick(hosts);
    }
    if (algorithm instanceof Algorithm.RingHash ring) {
      return bounded(
          new HashRing(hosts, ring.minSize(), ring.maxSize()), hosts, ring.balancePercent());
    }
    if (algorithm instanceof Algorithm.Maglev maglev) {
      return bounded(new MaglevTable(hosts, maglev.tableSize()), hosts, maglev.balancePercent());
    }
    if (algorithm instanceof Algorithm.PickFirst first) {
      return new PickFirst(hosts, first.shuffle(), setting.random());
    }
    if (algorithm instanceof Algorithm.Utilization utilization) {
      return new UtilizationRoundRobin(hosts, utilization, setting.clock(), setting.random());
    }
    throw new IllegalArgumentException("load balancer " + algorithm + " is not known");
  }

  private static EndpointPicker bounded(EndpointPicker hashing, HostSet hosts, int percent) {
    return percent == 0 ? hashing : new BoundedLoad(hashing, hosts, percent);
  }
}
