package io.inmesh.server.compile;

import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.InstanceHealth;
import io.inmesh.server.registry.InstancePort;
import io.inmesh.server.registry.RegisteredInstance;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where an instance listens for a service's port. What the instance says about itself goes before
 * the number in the Service: ports of in-process servers are often chosen at run time.
 */
final class EndpointResolver {
  private static final int MAX_WEIGHT = 65_535;

  private EndpointResolver() {}

  /**
   * The instance's port for the service's port: the one the target names, else of the same name,
   * else announced for this service port, else with the target's number.
   */
  static Optional<InstancePort> port(MeshPort port, Instance instance) {
    InstancePort byName = null;
    InstancePort byServicePort = null;
    InstancePort byTarget = null;
    for (InstancePort candidate : instance.ports()) {
      if (!port.target().name().isEmpty() && candidate.name().equals(port.target().name())) {
        return Optional.of(candidate);
      }
      if (byName == null && !port.name().isEmpty() && candidate.name().equals(port.name())) {
        byName = candidate;
      }
      if (byServicePort == null && candidate.servicePort() == port.number()) {
        byServicePort = candidate;
      }
      if (byTarget == null && candidate.instancePort() == port.target().number()) {
        byTarget = candidate;
      }
    }
    if (byName != null) {
      return Optional.of(byName);
    }
    return Optional.ofNullable(byServicePort != null ? byServicePort : byTarget);
  }

  /** A registered instance as an endpoint; empty if it does not serve the port. */
  static Optional<MeshEndpoint> endpoint(
      MeshService service, MeshPort port, RegisteredInstance registered) {
    Instance instance = registered.instance();
    return port(port, instance)
        .map(
            instancePort ->
                new MeshEndpoint(
                    instance.address(),
                    instancePort.instancePort(),
                    instance.key().service(),
                    instance.key().namespace(),
                    instance.labels(),
                    instance.locality(),
                    weight(instance.weight()),
                    health(service, registered.health()),
                    !instance.identity().isEmpty()));
  }

  /** A declared workload as an endpoint; empty if it does not serve the port. */
  static Optional<MeshEndpoint> endpoint(
      MeshService service, MeshPort port, ResourceKey key, WorkloadEntrySpec entry) {
    int number = number(port, entry);
    if (number == 0 || entry.weight() == 0 || !IpAddresses.isLiteral(entry.address())) {
      return Optional.empty();
    }
    return Optional.of(
        new MeshEndpoint(
            entry.address(),
            number,
            key.name(),
            key.namespace(),
            new TreeMap<>(entry.labels()),
            entry.locality(),
            weight(entry.weight()),
            InstanceHealth.HEALTHY,
            !entry.serviceAccount().isEmpty()));
  }

  /** Where a declared workload listens; 0 if it does not serve the port. */
  static int number(MeshPort port, WorkloadEntrySpec entry) {
    if (!port.target().name().isEmpty()) {
      return entry.ports().getOrDefault(port.target().name(), 0);
    }
    return entry.ports().getOrDefault(port.name(), port.target().number());
  }

  private static InstanceHealth health(MeshService service, InstanceHealth health) {
    return service.publishNotReady() && health == InstanceHealth.UNHEALTHY
        ? InstanceHealth.HEALTHY
        : health;
  }

  private static int weight(int weight) {
    return Math.max(1, Math.min(weight, MAX_WEIGHT));
  }
}
