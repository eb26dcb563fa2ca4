package io.inmesh.server.registry;

import io.inmesh.control.ControlLoop;
import io.opentelemetry.api.metrics.Meter;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which instances are in the mesh. One thread owns the leases; readers take immutable snapshots.
 *
 * <p>An instance registered over a stream stays while the stream is open and for a grace period
 * after, is then offered as unhealthy and at last removed; one registered over HTTP lives by
 * heartbeats. Losing most of a service at once is doubted, see {@link LeaseState#HELD}. All public
 * methods may be called from any thread.
 */
public final class Registry implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Registry.class.getName());
  private static final Duration MIN_TTL = Duration.ofSeconds(1);
  private static final long LATE_NANOS = Duration.ofSeconds(5).toNanos();

  private final RegistryOptions options;
  private final ControlLoop loop;
  private final RegistryStore store;
  private final LeaseTable table;
  private final RegistryMetrics metrics;
  private final List<RegistryListener> listeners = new CopyOnWriteArrayList<>();
  private final Set<ServiceKey> dirty = new TreeSet<>();
  private volatile RegistrySnapshot snapshot = RegistrySnapshot.EMPTY;
  private volatile LeaseTerms terms;
  private boolean flushQueued;
  private long armedFor = Lease.NEVER;

  private Registry(RegistryOptions options, ControlLoop loop, RegistryStore store, Meter meter) {
    this.options = options;
    this.terms = options.terms();
    this.loop = loop;
    this.store = store;
    this.metrics = new RegistryMetrics(meter, this::snapshot, () -> !store.trouble().isEmpty());
    this.table = new LeaseTable(options, new Recorder());
  }

  /**
   * Opens the registry with what the state directory holds, if there is one; what it held is in
   * {@link #snapshot} on return.
   *
   * @param loop owned, and closed, by the registry
   * @throws RegistryStateException if the directory cannot be used
   */
  public static Registry open(RegistryOptions options, ControlLoop loop, Meter meter)
      throws RegistryStateException {
    RegistryStore store =
        options.stateDir() == null
            ? RegistryStore.inMemory()
            : FileRegistryStore.open(options.stateDir());
    Registry registry = new Registry(options, loop, store, meter);
    CompletableFuture<Void> ready = new CompletableFuture<>();
    loop.execute(
        () -> {
          registry.table.restore(store.restored(), store.restoredEpoch(), loop.clock().nanoTime());
          registry.flush();
          registry.arm();
          ready.complete(null);
        });
    ready.join();
    return registry;
  }

  /** The instances now. */
  public RegistrySnapshot snapshot() {
    return snapshot;
  }

  /**
   * Adds a listener; it is first told of everything there is.
   *
   * @param listener called on the registry's thread
   */
  public void listen(RegistryListener listener) {
    loop.execute(
        () -> {
          flush();
          listeners.add(listener);
          listener.registryChanged(snapshot, snapshot.services().keySet());
        });
  }

  /** What an operator should look at now. */
  public List<RegistryAlarm> alarms() {
    List<RegistryAlarm> alarms = new ArrayList<>();
    String trouble = store.trouble();
    if (!trouble.isEmpty()) {
      alarms.add(new RegistryAlarm("REGISTRY_STORE", "", trouble));
    }
    snapshot
        .services()
        .forEach(
            (service, instances) -> {
              long held = held(instances);
              if (held > 0) {
                alarms.add(
                    new RegistryAlarm(
                        "REGISTRY_HELD",
                        service.toString(),
                        held
                            + " of "
                            + instances.size()
                            + " instances fell silent at once and are kept until they return, "
                            + "leave or are deleted"));
              }
            });
    return alarms;
  }

  /**
   * Registers an instance that will send heartbeats.
   *
   * @param claim what it says
   * @param remoteAddress the IP address it called from
   * @param ttl how long a heartbeat lasts; null for the default
   * @return the epoch; fails with {@link RegistrationException} if the registry is full
   * @throws RegistrationException naming the field at fault
   */
  public CompletableFuture<RegisteredInstance> register(
      InstanceClaim claim, String remoteAddress, @Nullable Duration ttl)
      throws RegistrationException {
    Instance instance = validated(claim, remoteAddress);
    Duration term = ttl == null ? terms.ttl() : ttl;
    if (term.compareTo(MIN_TTL) < 0 || term.compareTo(terms.maxTtl()) > 0) {
      throw RegistrationException.invalid(
          "ttl",
          "must be between "
              + MIN_TTL.toSeconds()
              + " s and "
              + terms.maxTtl().toSeconds()
              + " s, got "
              + (term.toSeconds() == 0 ? term.toMillis() + " ms" : term.toSeconds() + " s"));
    }
    CompletableFuture<RegisteredInstance> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            answer(result, register(instance, LeaseKind.HEARTBEAT, term, why -> {}).view());
          } catch (RegistrationException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** Behind the publication of what was just done: who asks for it next finds it. */
  private <T> void answer(CompletableFuture<T> result, T value) {
    loop.execute(() -> result.complete(value));
  }

  /**
   * One sign of life.
   *
   * @param key of the instance
   * @param health what it says about itself; null leaves it as it was
   */
  public record Heartbeat(InstanceKey key, @Nullable InstanceHealth health) {}

  /**
   * Renews leases.
   *
   * @return the instances that are not registered over HTTP, which must register again
   */
  public CompletableFuture<List<InstanceKey>> heartbeat(List<Heartbeat> heartbeats) {
    CompletableFuture<List<InstanceKey>> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          List<InstanceKey> unknown = new ArrayList<>();
          long now = loop.clock().nanoTime();
          for (Heartbeat heartbeat : heartbeats) {
            Lease lease = table.find(heartbeat.key());
            if (lease == null || lease.kind != LeaseKind.HEARTBEAT) {
              unknown.add(heartbeat.key());
            } else {
              table.renew(lease, now);
              if (heartbeat.health() != null) {
                table.changeHealth(lease, heartbeat.health());
              }
            }
          }
          metrics.heartbeat(heartbeats.size() - unknown.size());
          arm();
          answer(result, unknown);
        });
    return result;
  }

  /**
   * Removes an instance at once, whatever kept it; an open stream of it is closed.
   *
   * @return whether there was one
   */
  public CompletableFuture<Boolean> deregister(InstanceKey key) {
    return remove(key, RegistrationException.superseded(key));
  }

  /**
   * Removes an instance that may not be here, at once. Unlike after {@link #deregister} it may try
   * to come back, and will be asked then whether it may.
   *
   * @param why told to the instance
   */
  public void expel(InstanceKey key, String why) {
    var unused = remove(key, RegistrationException.denied(why));
  }

  /** Decides whether a registered instance may stay. */
  @FunctionalInterface
  public interface Review {
    /**
     * Looks at one instance; must not block.
     *
     * @throws RegistrationException why it may not be here; told to the instance
     */
    void check(Instance registered) throws RegistrationException;
  }

  /**
   * Expels, in one turn, all instances that may not be here any more, whatever state their leases
   * are in. What registers after this call is not looked at.
   *
   * @param review called on the registry's thread
   */
  public void review(Review review) {
    loop.execute(
        () -> {
          Map<Lease, RegistrationException> expelled = new LinkedHashMap<>();
          table.forEach(
              lease -> {
                try {
                  review.check(lease.instance);
                } catch (RegistrationException why) {
                  expelled.put(lease, why);
                }
              });
          expelled.forEach(this::end);
          if (!expelled.isEmpty()) {
            LOG.log(
                Level.WARNING,
                "{0} instances may not be here any more and were expelled, for example: {1}",
                expelled.size(),
                expelled.values().iterator().next().getMessage());
          }
        });
  }

  private void end(Lease lease, RegistrationException why) {
    deregister(lease);
    lease.ended.accept(why);
  }

  private CompletableFuture<Boolean> remove(InstanceKey key, RegistrationException why) {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          Lease lease = table.find(key);
          if (lease != null) {
            end(lease, why);
          }
          answer(result, lease != null);
        });
    return result;
  }

  /** Changes the terms of leases from here on. */
  public void terms(LeaseTerms terms) {
    loop.execute(() -> table.terms(terms));
    this.terms = terms;
  }

  /** The terms of leases. */
  public LeaseTerms terms() {
    return terms;
  }

  // Below: for the gRPC service; on the loop only, unless said otherwise.

  ControlLoop loop() {
    return loop;
  }

  RegistryOptions options() {
    return options;
  }

  /** Any thread. */
  Instance validated(InstanceClaim claim, String remoteAddress) throws RegistrationException {
    try {
      return InstanceValidator.validate(claim, remoteAddress);
    } catch (RegistrationException e) {
      metrics.refused(e.reason().name());
      throw e;
    }
  }

  Lease register(
      Instance instance, LeaseKind kind, Duration ttl, Consumer<RegistrationException> ended)
      throws RegistrationException {
    try {
      Lease lease =
          table.register(
              instance,
              kind,
              ttl,
              Instant.ofEpochMilli(loop.clock().epochMillis()),
              loop.clock().nanoTime(),
              ended);
      metrics.registered(kind);
      arm();
      return lease;
    } catch (RegistrationException e) {
      metrics.refused(e.reason().name());
      throw e;
    }
  }

  @Nullable Lease leaseOf(InstanceKey key) {
    return table.find(key);
  }

  boolean inForce(Lease lease) {
    return table.inForce(lease);
  }

  void changeHealth(Lease lease, InstanceHealth health) {
    table.changeHealth(lease, health);
  }

  void deregister(Lease lease) {
    metrics.ended("deregistered");
    table.remove(lease, loop.clock().nanoTime());
  }

  void streamLost(Lease lease) {
    if (table.inForce(lease)) {
      table.suspect(lease, loop.clock().nanoTime());
      arm();
    }
  }

  /** Publishes what has changed; the revision it has now. */
  long flush() {
    flushQueued = false;
    if (dirty.isEmpty()) {
      return snapshot.revision();
    }
    Set<ServiceKey> changed = Collections.unmodifiableSet(new TreeSet<>(dirty));
    dirty.clear();
    TreeMap<ServiceKey, List<RegisteredInstance>> next = new TreeMap<>(snapshot.services());
    for (ServiceKey service : changed) {
      List<RegisteredInstance> instances = table.leases(service).stream().map(Lease::view).toList();
      warnOfHolding(service, instances);
      if (instances.isEmpty()) {
        next.remove(service);
      } else {
        next.put(service, instances);
      }
    }
    RegistrySnapshot published =
        new RegistrySnapshot(snapshot.revision() + 1, Collections.unmodifiableSortedMap(next));
    snapshot = published;
    listeners.forEach(listener -> listener.registryChanged(published, changed));
    store.compact(table.epoch(), this::stored);
    return published.revision();
  }

  private void warnOfHolding(ServiceKey service, List<RegisteredInstance> instances) {
    long before = held(snapshot.instances(service));
    long after = held(instances);
    if (before == 0 && after > 0) {
      LOG.log(
          Level.WARNING,
          "{0} of {1} instances of {2} fell silent at once; they are kept until they return",
          after,
          instances.size(),
          service);
    } else if (before > 0 && after == 0) {
      LOG.log(Level.INFO, "no instance of {0} is held any more", service);
    }
  }

  private static long held(List<RegisteredInstance> instances) {
    return instances.stream().filter(i -> i.lease() == LeaseState.HELD).count();
  }

  private List<StoredLease> stored() {
    List<StoredLease> all = new ArrayList<>(table.size());
    table.forEach(lease -> all.add(lease.stored()));
    return all;
  }

  private void arm() {
    long next = table.nextDeadline();
    if (next < armedFor) {
      armedFor = next;
      long delay = Math.max(0, next - loop.clock().nanoTime());
      var unused = loop.schedule(delay, () -> due(next));
    }
  }

  private void due(long scheduled) {
    long now = loop.clock().nanoTime();
    if (armedFor == scheduled) {
      armedFor = Lease.NEVER;
    }
    if (now - scheduled > LATE_NANOS) {
      // This process stood still, so the instances' signs of life may be waiting in its sockets.
      LOG.log(Level.WARNING, "woke {0} ms late; leases get that time back", millis(now, scheduled));
      long delay = Math.min(now - scheduled, table.terms().restartGrace().toNanos());
      var unused = loop.schedule(delay, this::expire);
    } else {
      expire();
    }
  }

  private void expire() {
    table.expire(loop.clock().nanoTime());
    arm();
  }

  private static long millis(long now, long then) {
    return Duration.ofNanos(now - then).toMillis();
  }

  /** Finishes what was asked before, then closes the state directory. Instances stay stored. */
  @Override
  public void close() {
    loop.close();
    store.close();
  }

  /** Turns changes of leases into journal lines, log lines and dirty services. */
  private final class Recorder implements LeaseTable.Changes {
    @Override
    public void changed(Lease lease, boolean durable) {
      if (durable) {
        store.put(lease.stored());
      }
      if (lease.state == LeaseState.EXPIRED) {
        LOG.log(Level.DEBUG, "{0} fell silent: unhealthy", lease.key);
      }
      markDirty(lease);
    }

    @Override
    public void removed(Lease lease) {
      if (lease.state == LeaseState.EXPIRED) {
        metrics.ended("expired");
      }
      store.remove(lease.key, lease.epoch);
      markDirty(lease);
    }

    private void markDirty(Lease lease) {
      dirty.add(lease.key.serviceKey());
      if (!flushQueued) {
        flushQueued = true;
        loop.execute(Registry.this::flush);
      }
    }
  }
}
