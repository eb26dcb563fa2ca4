package io.inmesh.server.registry;

import java.time.Instant;

/**
 * An instance as the registry has it at one moment.
 *
 * @param instance what it claims
 * @param kind what keeps it registered
 * @param lease where that lease stands
 * @param epoch grows with every registration of any instance
 * @param registeredAt wall-clock time of this registration, for display only
 */
public record RegisteredInstance(
    Instance instance, LeaseKind kind, LeaseState lease, long epoch, Instant registeredAt) {

  /** The identity of the instance. */
  public InstanceKey key() {
    return instance.key();
  }

  /** The health callers are told: the claim, overruled by the state of the lease. */
  public InstanceHealth health() {
    return switch (lease) {
      case ACTIVE, SUSPECT -> instance.health();
      case EXPIRED -> InstanceHealth.UNHEALTHY;
      case HELD -> InstanceHealth.UNKNOWN;
    };
  }
}
