package io.inmesh.server.ads;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.Any;
import io.inmesh.control.Clock;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The resources that clients may subscribe to, by (type URL, name, view). Each is encoded and
 * hashed once per change; its version is its content.
 *
 * <p>Threads: one writer publishes; any number of streams read an immutable snapshot. A publication
 * is visible at once and as a whole. Each stream then delivers it make-before-break: clusters,
 * endpoints, listeners, routes; and a removal only after the client has acknowledged whatever
 * referred to the removed resource before.
 */
public final class ResourceStore {
  /** The view that clients fall back to. */
  public static final String DEFAULT_VIEW = "";

  private final Clock clock;
  private final SubscriptionIndex index = new SubscriptionIndex();
  private final AtomicBoolean publishing = new AtomicBoolean();
  private volatile StoreSnapshot snapshot = StoreSnapshot.EMPTY;
  private volatile boolean ready;
  private volatile long lastPushNanos;

  /** An empty store that is not ready. */
  public ResourceStore(Clock clock) {
    this.clock = clock;
  }

  /**
   * Applies a batch. Must not be called by two threads at a time.
   *
   * @return the revision that contains the batch, for {@link ClientRegistry#awaitAcknowledged}
   */
  @CanIgnoreReturnValue
  public long publish(ResourceBatch batch) {
    if (!publishing.compareAndSet(false, true)) {
      throw new IllegalStateException("a store has a single writer, and it is publishing already");
    }
    try {
      StoreSnapshot before = snapshot;
      Map<String, ResourceTable.Editor> editors = new HashMap<>();
      Set<ResourceName> changed = new LinkedHashSet<>();
      batch.changes().forEach((key, resource) -> apply(before, editors, key, resource, changed));
      if (batch.complete()) {
        removeOthers(before, editors, batch, changed);
      }
      if (changed.isEmpty()) {
        return before.revision();
      }
      Map<String, ResourceTable> tables = new HashMap<>(before.tables());
      editors.forEach((typeUrl, editor) -> tables.put(typeUrl, editor.build()));
      StoreSnapshot after = new StoreSnapshot(before.revision() + 1, Map.copyOf(tables));
      snapshot = after;
      // A stream first enters the index, then reads the snapshot; here it is the other way round.
      // With a full fence on both sides at least one of the two sees the other.
      VarHandle.fullFence();
      notifySubscribers(after, changed, batch.changedAtNanos().orElseGet(clock::nanoTime));
      return after.revision();
    } finally {
      publishing.set(false);
    }
  }

  private static void apply(
      StoreSnapshot before,
      Map<String, ResourceTable.Editor> editors,
      ResourceBatch.Key key,
      @Nullable EncodedResource resource,
      Set<ResourceName> changed) {
    ResourceTable.Editor editor =
        editors.computeIfAbsent(key.typeUrl(), typeUrl -> before.table(typeUrl).edit());
    EncodedResource present = editor.find(key.name(), key.view());
    if (resource == null) {
      if (present == null) {
        return;
      }
      editor.remove(key.name(), key.view());
    } else {
      if (present != null && present.same(resource)) {
        return;
      }
      editor.put(key.view(), resource);
    }
    changed.add(new ResourceName(key.typeUrl(), key.name()));
  }

  private static void removeOthers(
      StoreSnapshot before,
      Map<String, ResourceTable.Editor> editors,
      ResourceBatch batch,
      Set<ResourceName> changed) {
    before
        .tables()
        .forEach(
            (typeUrl, table) -> {
              for (String name : table.names()) {
                Variants variants = table.find(name);
                if (variants == null) {
                  continue;
                }
                for (String view : variants.byView().keySet()) {
                  ResourceBatch.Key key = new ResourceBatch.Key(typeUrl, name, view);
                  if (batch.changes().get(key) == null) {
                    apply(before, editors, key, null, changed);
                  }
                }
              }
            });
  }

  private void notifySubscribers(
      StoreSnapshot after, Set<ResourceName> changed, long changedAtNanos) {
    IdentityHashMap<Subscriber, List<ResourceName>> interested = new IdentityHashMap<>();
    changed.stream()
        .sorted(Comparator.comparingInt(name -> TypeUrl.rank(name.typeUrl())))
        .forEach(
            name -> {
              for (Subscriber subscriber : index.named(name)) {
                interested.computeIfAbsent(subscriber, s -> new ArrayList<>(2)).add(name);
              }
              for (Subscriber subscriber : index.wildcard(name.typeUrl())) {
                interested.computeIfAbsent(subscriber, s -> new ArrayList<>(2)).add(name);
              }
            });
    PushRound round = new PushRound(clock, nanos -> lastPushNanos = nanos);
    interested.forEach(
        (subscriber, names) -> {
          round.begin();
          subscriber.changed(new Notice(after, names, false, changedAtNanos, round));
        });
    round.done();
  }

  /**
   * Opens the gate: every source has been read once. Before, streams are refused, because an answer
   * from half-read sources would take configuration away from clients.
   */
  public void markReady() {
    ready = true;
  }

  /** Whether the gate is open. */
  public boolean isReady() {
    return ready;
  }

  /** The revision of the last publication that changed something; 0 before the first. */
  public long revision() {
    return snapshot.revision();
  }

  /**
   * How long the last finished publication took until all streams concerned had handed its bytes to
   * the transport or set them aside, in nanoseconds; 0 before the first.
   */
  public long lastPushNanos() {
    return lastPushNanos;
  }

  /** What a client with these views gets under a name. */
  public Optional<Any> find(String typeUrl, String name, List<String> views) {
    EncodedResource resource = snapshot.find(typeUrl, name, views);
    return resource == null ? Optional.empty() : Optional.of(resource.decode());
  }

  /** The version of what a client with these views gets under a name. */
  public Optional<String> version(String typeUrl, String name, List<String> views) {
    EncodedResource resource = snapshot.find(typeUrl, name, views);
    return resource == null ? Optional.empty() : Optional.of(resource.version());
  }

  /** The names of a type in any view, sorted. */
  public Set<String> names(String typeUrl) {
    return snapshot.table(typeUrl).names();
  }

  StoreSnapshot snapshot() {
    return snapshot;
  }

  SubscriptionIndex index() {
    return index;
  }
}
