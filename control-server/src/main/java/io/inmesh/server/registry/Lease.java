package io.inmesh.server.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** What keeps one instance registered. Mutable; owned by {@link LeaseTable}. */
final class Lease {
  static final long NEVER = Long.MAX_VALUE;

  final InstanceKey key;
  final LeaseKind kind;
  final long epoch;
  final Instant registeredAt;
  final Duration ttl;

  /** Told why, where something else than the holder ends it. */
  final Consumer<RegistrationException> ended;

  Instance instance;
  LeaseState state;

  /** When the state changes by itself, in nanoseconds of the loop's clock. */
  long deadline = NEVER;

  /** When it expired; meaningful in that state only. */
  long expiredAt;

  Lease(
      Instance instance,
      LeaseKind kind,
      LeaseState state,
      long epoch,
      Instant registeredAt,
      Duration ttl,
      Consumer<RegistrationException> ended) {
    this.key = instance.key();
    this.instance = instance;
    this.kind = kind;
    this.state = state;
    this.epoch = epoch;
    this.registeredAt = registeredAt;
    this.ttl = ttl;
    this.ended = ended;
  }

  RegisteredInstance view() {
    return new RegisteredInstance(instance, kind, state, epoch, registeredAt);
  }

  StoredLease stored() {
    return new StoredLease(instance, kind, state, epoch, registeredAt, ttl);
  }

  /** Whether losing it takes capacity from the service. */
  boolean counts() {
    return instance.health() == InstanceHealth.HEALTHY;
  }
}
