package io.inmesh.balance;

import io.inmesh.model.BalancerPolicy.Algorithm;

/**
 * The algorithms of the library. Those that have no class of their own yet balance by least
 * requests.
 */
public final class BuiltInPickers implements PickerFactory {
  @Override
  public EndpointPicker create(HostSet hosts, Setting setting) {
    Algorithm algorithm = setting.policy().algorithm();
    if (hosts.size() == 1) {
      return new SoleHost(hosts.get(0));
    }
    if (algorithm instanceof Algorithm.RoundRobin) {
      return new RoundRobin(hosts, setting.random());
    }
    if (algorithm instanceof Algorithm.Random) {
      return new RandomPick(hosts);
    }
    if (algorithm instanceof Algorithm.LeastRequest least) {
      return new LeastRequest(hosts, least.choices(), least.bias());
    }
    if (algorithm instanceof Algorithm.PickFirst) {
      return request -> hosts.firstAdmitted(request, 0);
    }
    return new LeastRequest(hosts, 2, 1.0);
  }
}
