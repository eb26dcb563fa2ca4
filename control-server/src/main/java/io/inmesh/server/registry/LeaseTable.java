package io.inmesh.server.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases and the rules by which they end. A plain state machine: single-threaded, no clock of
 * its own, no I/O; every change is told to one listener.
 */
final class LeaseTable {
  /** Learns of every change that outlives a heartbeat. */
  interface Changes {
    /** The lease was added or changed; {@code durable} if it must survive a restart. */
    void changed(Lease lease, boolean durable);

    /** The lease is gone. */
    void removed(Lease lease);
  }

  /** A moment at which a lease may be due; outdated if the lease has another deadline by then. */
  private record Due(long at, Lease lease) {}

  private final int maxInstances;
  private final int maxServiceInstances;
  private final Changes changes;
  private final Map<ServiceKey, TreeMap<String, Lease>> services = new HashMap<>();
  private final PriorityQueue<Due> dues = new PriorityQueue<>(Comparator.comparingLong(Due::at));
  private LeaseTerms terms;
  private LossGuard guard;
  private int size;
  private long epoch;

  LeaseTable(RegistryOptions options, Changes changes) {
    this.maxInstances = options.maxInstances();
    this.maxServiceInstances = options.maxServiceInstances();
    this.changes = changes;
    this.terms = options.terms();
    this.guard = guard(options.terms());
  }

  private static LossGuard guard(LeaseTerms terms) {
    return new LossGuard(terms.guardPercent(), terms.lossWindow().toNanos());
  }

  /** Sets the terms from here on; what runs already keeps its deadline. */
  void terms(LeaseTerms changed) {
    terms = changed;
    guard = guard(changed);
  }

  LeaseTerms terms() {
    return terms;
  }

  /** Puts back what was stored; every lease gets a full term to return. */
  void restore(Collection<StoredLease> stored, long lastEpoch, long now) {
    epoch = lastEpoch;
    for (StoredLease from : stored) {
      epoch = Math.max(epoch, from.epoch());
      LeaseState state = from.state() == LeaseState.ACTIVE ? LeaseState.SUSPECT : from.state();
      Lease lease =
          new Lease(
              from.instance(),
              from.kind(),
              state,
              from.epoch(),
              from.registeredAt(),
              from.ttl(),
              ended -> {});
      insert(lease);
      lease.expiredAt = now;
      Duration term =
          switch (state) {
            case ACTIVE, SUSPECT ->
                from.ttl().compareTo(terms.restartGrace()) > 0 ? from.ttl() : terms.restartGrace();
            case EXPIRED -> terms.removal();
            case HELD -> terms.maxHold();
          };
      setDeadline(lease, now + term.toNanos());
      changes.changed(lease, false);
    }
  }

  Lease register(
      Instance instance,
      LeaseKind kind,
      Duration ttl,
      Instant wallTime,
      long now,
      Consumer<RegistrationException> ended)
      throws RegistrationException {
    Lease previous = find(instance.key());
    if (previous == null) {
      requireRoom(instance.key().serviceKey());
    }
    if (previous != null
        && !previous.instance.identity().isEmpty()
        && !previous.instance.identity().equals(instance.identity())) {
      throw RegistrationException.denied(
          instance.key() + " is the lease of another identity, until it has gone");
    }
    Lease lease = new Lease(instance, kind, LeaseState.ACTIVE, ++epoch, wallTime, ttl, ended);
    if (previous != null) {
      previous.deadline = Lease.NEVER;
      previous.ended.accept(RegistrationException.superseded(previous.key));
    }
    insert(lease);
    if (kind == LeaseKind.HEARTBEAT) {
      setDeadline(lease, now + ttl.toNanos());
    }
    changes.changed(lease, true);
    release(lease.key.serviceKey(), now);
    return lease;
  }

  private void requireRoom(ServiceKey service) throws RegistrationException {
    if (leases(service).size() >= maxServiceInstances) {
      throw RegistrationException.full(
          "service " + service + " has its maximum of " + maxServiceInstances + " instances");
    }
    if (size >= maxInstances) {
      throw RegistrationException.full(
          "the registry holds its maximum of " + maxInstances + " instances");
    }
  }

  /** Whether this is the registration in force for its key. */
  boolean inForce(Lease lease) {
    return find(lease.key) == lease;
  }

  void changeHealth(Lease lease, InstanceHealth health) {
    if (lease.instance.health() != health) {
      lease.instance = lease.instance.withHealth(health);
      changes.changed(lease, true);
    }
  }

  /** The stream that kept it broke. */
  void suspect(Lease lease, long now) {
    lease.state = LeaseState.SUSPECT;
    setDeadline(lease, now + terms.grace().toNanos());
    changes.changed(lease, false);
  }

  /** A heartbeat arrived. */
  void renew(Lease lease, long now) {
    setDeadline(lease, now + lease.ttl.toNanos());
    LeaseState before = lease.state;
    if (before != LeaseState.ACTIVE) {
      lease.state = LeaseState.ACTIVE;
      changes.changed(lease, before != LeaseState.SUSPECT);
      release(lease.key.serviceKey(), now);
    }
  }

  void remove(Lease lease, long now) {
    ServiceKey service = lease.key.serviceKey();
    TreeMap<String, Lease> leases = services.get(service);
    if (leases == null || !leases.remove(lease.key.id(), lease)) {
      return;
    }
    if (leases.isEmpty()) {
      services.remove(service);
    }
    size--;
    lease.deadline = Lease.NEVER;
    changes.removed(lease);
    release(service, now);
  }

  @Nullable Lease find(InstanceKey key) {
    Map<String, Lease> leases = services.get(key.serviceKey());
    return leases == null ? null : leases.get(key.id());
  }

  /** The leases of a service, ordered by id. */
  Collection<Lease> leases(ServiceKey service) {
    TreeMap<String, Lease> leases = services.get(service);
    return leases == null ? List.of() : leases.values();
  }

  void forEach(Consumer<Lease> action) {
    services.values().forEach(leases -> leases.values().forEach(action));
  }

  int size() {
    return size;
  }

  long epoch() {
    return epoch;
  }

  /** The next moment at which {@link #expire} has work, or {@link Lease#NEVER}. */
  long nextDeadline() {
    while (true) {
      Due due = dues.peek();
      if (due == null) {
        return Lease.NEVER;
      }
      if (due.lease.deadline == Lease.NEVER) {
        dues.remove();
      } else if (due.lease.deadline > due.at) {
        dues.remove();
        dues.add(new Due(due.lease.deadline, due.lease));
      } else {
        return due.at;
      }
    }
  }

  /** Ends every term that has run out. */
  void expire(long now) {
    Map<ServiceKey, Set<Lease>> lost = new LinkedHashMap<>();
    while (nextDeadline() <= now) {
      Due due = dues.remove();
      Lease lease = due.lease;
      lease.deadline = Lease.NEVER;
      switch (lease.state) {
        case EXPIRED -> remove(lease, now);
        case HELD -> expire(lease, now);
        case ACTIVE, SUSPECT -> {
          if (lease.instance.health() == InstanceHealth.DRAINING) {
            remove(lease, now); // it said that it was leaving
          } else {
            lost.computeIfAbsent(lease.key.serviceKey(), k -> new LinkedHashSet<>()).add(lease);
          }
        }
      }
    }
    lost.forEach((service, leases) -> lose(service, leases, now));
  }

  private void lose(ServiceKey service, Set<Lease> leases, long now) {
    Set<Lease> held = guard.held(leases(service), leases, now);
    for (Lease lease : leases) {
      if (!held.contains(lease)) {
        expire(lease, now);
      }
    }
    for (Lease lease : held) {
      lease.state = LeaseState.HELD;
      setDeadline(lease, now + terms.maxHold().toNanos());
      changes.changed(lease, true);
    }
  }

  private void expire(Lease lease, long now) {
    lease.state = LeaseState.EXPIRED;
    lease.expiredAt = now;
    setDeadline(lease, now + terms.removal().toNanos());
    changes.changed(lease, true);
  }

  /** Once most of a service is back, what the guard holds gets a last grace period. */
  private void release(ServiceKey service, long now) {
    Collection<Lease> leases = leases(service);
    if (guard.releases(leases)) {
      for (Lease lease : leases) {
        if (lease.state == LeaseState.HELD) {
          lease.state = LeaseState.SUSPECT;
          setDeadline(lease, now + terms.grace().toNanos());
          changes.changed(lease, true);
        }
      }
    }
  }

  private void insert(Lease lease) {
    Lease previous =
        services
            .computeIfAbsent(lease.key.serviceKey(), k -> new TreeMap<>())
            .put(lease.key.id(), lease);
    if (previous == null) {
      size++;
    }
  }

  private void setDeadline(Lease lease, long deadline) {
    // A term that only grows is found again through its old entry: no queue work per heartbeat.
    boolean queued = lease.deadline != Lease.NEVER && lease.deadline <= deadline;
    lease.deadline = deadline;
    if (!queued) {
      dues.add(new Due(deadline, lease));
    }
  }
}
