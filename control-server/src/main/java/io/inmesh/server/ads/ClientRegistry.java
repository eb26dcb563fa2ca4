package io.inmesh.server.ads;

import io.grpc.Status;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The clients connected to this server and how far each has got: behind {@code inmesh clients},
 * {@code /debug/clients} and the draining of instances. Thread-safe.
 */
public final class ClientRegistry {
  private record Connection(AdsStream stream, String remoteAddress, long sinceMillis) {}

  private final ConcurrentHashMap<Long, Connection> connections = new ConcurrentHashMap<>();
  private final AdsEnvironment env;
  private final ControlLoop loop;

  ClientRegistry(AdsEnvironment env, ControlLoop loop) {
    this.env = env;
    this.loop = loop;
  }

  void add(AdsStream stream, String remoteAddress) {
    connections.put(stream.id(), new Connection(stream, remoteAddress, env.clock().epochMillis()));
  }

  void remove(AdsStream stream) {
    connections.remove(stream.id());
  }

  Collection<AdsStream> streams() {
    return connections.values().stream().map(Connection::stream).toList();
  }

  /** How many clients are connected. */
  public int size() {
    return connections.size();
  }

  /**
   * All connected clients, by node id. Each is consistent in itself; there is no global instant.
   */
  public List<ClientStatus> clients() {
    return connections.values().stream()
        .map(this::status)
        .sorted(Comparator.comparing(ClientStatus::nodeId).thenComparing(ClientStatus::connection))
        .toList();
  }

  private ClientStatus status(Connection connection) {
    AdsStream stream = connection.stream();
    ClientNode node = stream.client();
    long now = env.clock().nanoTime();
    long staleAfter = env.limits().staleAfter().toNanos();
    List<TypeStatus> types = new ArrayList<>();
    for (TypeState type : stream.types()) {
      TypeProgress progress = type.progress();
      long changed = progress.changedAtNanos();
      types.add(
          new TypeStatus(
              type.typeUrl(),
              progress.subscribed(),
              progress.wildcard(),
              progress.state(now, staleAfter),
              progress.nonceSent(),
              progress.nonceAcknowledged(),
              progress.versionSent(),
              progress.versionAcknowledged(),
              progress.lastError(),
              instant(progress.sentAtMillis()),
              instant(progress.settledAtMillis()),
              progress.lacking() ? Duration.ofNanos(Math.max(0, now - changed)) : Duration.ZERO));
    }
    return new ClientStatus(
        stream.id(),
        node.id(),
        node.cluster(),
        node.kind(),
        node.version(),
        node.userAgent(),
        node.views(),
        connection.remoteAddress(),
        stream.delta(),
        Instant.ofEpochMilli(connection.sinceMillis()),
        List.copyOf(types));
  }

  private static @Nullable Instant instant(long millis) {
    return millis == 0 ? null : Instant.ofEpochMilli(millis);
  }

  /**
   * Waits until every connected client that subscribes to a name has acknowledged its content as of
   * a revision, or until the time is up.
   *
   * <p>The result never fails. It completes on a thread of the engine: continue with an executor of
   * your own.
   *
   * @param typeUrl the type, for instances {@link TypeUrl#ENDPOINTS}
   * @param name the resource name, for instances that of the cluster
   * @param revision what {@link ResourceStore#publish} returned for the change
   * @param timeout how long to wait at most
   */
  public CompletableFuture<Propagation> awaitAcknowledged(
      String typeUrl, String name, long revision, Duration timeout) {
    return await(new ResourceName(typeUrl, name), null, revision, timeout);
  }

  /**
   * Waits likewise for endpoints that are new, as is the listener that leads to them: also for the
   * clients that have asked for the listener and do not know of the endpoints yet.
   */
  public CompletableFuture<Propagation> awaitDiscovered(
      String listener, String cluster, long revision, Duration timeout) {
    return await(
        new ResourceName(TypeUrl.ENDPOINTS, cluster),
        new ResourceName(TypeUrl.LISTENER, listener),
        revision,
        timeout);
  }

  private CompletableFuture<Propagation> await(
      ResourceName content, @Nullable ResourceName referrer, long revision, Duration timeout) {
    if (revision > env.store().revision()) {
      throw new IllegalArgumentException(
          "revision " + revision + " is not published; the last is " + env.store().revision());
    }
    PropagationWait wait = new PropagationWait(content, referrer);
    Set<Subscriber> watchers = new HashSet<>(env.store().index().named(content));
    watchers.addAll(env.store().index().wildcard(content.typeUrl()));
    if (referrer != null) {
      watchers.addAll(env.store().index().named(referrer));
    }
    watchers.forEach(watcher -> watcher.await(wait.begin()));
    Cancellable timer = loop.schedule(timeout.toNanos(), wait::expire);
    wait.asked();
    return wait.result().whenComplete((propagation, failure) -> timer.cancel());
  }

  /**
   * Disconnects clients; they connect again unless they are kept out.
   *
   * @param which whom to disconnect
   * @param reason the status they see
   * @return how many
   */
  public int disconnect(Predicate<ClientStatus> which, Status reason) {
    int count = 0;
    for (Connection connection : connections.values()) {
      if (which.test(status(connection))) {
        connection.stream().disconnect(reason);
        count++;
      }
    }
    return count;
  }

  /**
   * What a client was sent of a type, by name; empty if the client is gone. Completes on a thread
   * of the engine.
   *
   * @param connection {@link ClientStatus#connection()}
   */
  public CompletableFuture<List<SentResource>> sent(long connection, String typeUrl) {
    Connection found = connections.get(connection);
    if (found == null) {
      return CompletableFuture.completedFuture(List.of());
    }
    CompletableFuture<List<SentResource>> result = new CompletableFuture<>();
    found.stream()
        .readSent(
            typeUrl,
            held ->
                result.complete(
                    held.stream()
                        .map(r -> new SentResource(r.name(), r.version(), r.decode()))
                        .toList()));
    return result;
  }
}
