package io.inmesh.xds;

import io.inmesh.control.HostResolver;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.model.CalledHost;
import io.inmesh.wire.ControlChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The configuration of one process: subscribes on demand, publishes snapshots. Thread-safe. */
public final class ConfigClient implements AutoCloseable {
  private final ConfigTransport transport;
  private final ThreadControlLoop loop;
  private final SnapshotAssembler assembler;
  private final List<Awaited> awaited = new ArrayList<>();

  /** Somebody who waits until names are resolved. */
  private record Awaited(
      Collection<String> listeners, Collection<Integer> ports, CompletableFuture<Void> done) {}

  /**
   * Begins; the stream opens with the first subscription.
   *
   * @param resolver of host names in DNS clusters
   * @param loopback whether names that calls make up may mean this host, for development
   * @param kept where configuration is kept for a start without control server; null: nowhere
   * @param sink takes each snapshot, on the loop
   */
  public static ConfigClient start(
      ControlChannel channel,
      NodeIdentity identity,
      KnownFilters filters,
      ThreadControlLoop loop,
      Randomness random,
      HostResolver resolver,
      boolean loopback,
      @Nullable KeptConfiguration kept,
      SnapshotSink sink) {
    return new ConfigClient(
        new AdsTransport(channel, identity, filters, loop, random, kept),
        identity,
        loop,
        resolver,
        loopback,
        random,
        sink);
  }

  private ConfigClient(
      ConfigTransport transport,
      NodeIdentity identity,
      ThreadControlLoop loop,
      HostResolver resolver,
      boolean loopback,
      Randomness random,
      SnapshotSink sink) {
    this.transport = transport;
    this.loop = loop;
    assembler =
        new SnapshotAssembler(
            transport, identity, loop, resolver, loopback, random, sink, this::settle);
  }

  /**
   * Wants a client listener. Cheap and idempotent; the answer is a snapshot that has the listener
   * or names it as absent.
   *
   * @param listener {@code <fqdn>:<port>}
   */
  public void want(String listener) {
    loop.execute(() -> assembler.want(listener));
  }

  /** Wants the cluster of a host that a call to a dynamic cluster names, now or still. */
  public void want(CalledHost host) {
    loop.execute(() -> assembler.want(host));
  }

  /** Wants the listener of a port of this process. */
  public void serve(int port) {
    loop.execute(() -> assembler.serve(port));
  }

  /** Wants these and completes when it is known what to do about all of them; never fails. */
  public CompletionStage<Void> whenResolved(
      Collection<String> listeners, Collection<Integer> ports) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(
        () -> {
          listeners.forEach(assembler::want);
          ports.forEach(assembler::serve);
          awaited.add(new Awaited(List.copyOf(listeners), List.copyOf(ports), done));
          settle();
        });
    return done;
  }

  private void settle() {
    awaited.removeIf(
        waiting -> {
          boolean resolved =
              waiting.listeners().stream().allMatch(assembler::resolved)
                  && waiting.ports().stream().allMatch(assembler::resolvedServer);
          if (resolved) {
            waiting.done().complete(null);
          }
          return resolved;
        });
  }

  /** What is subscribed to and in which state. */
  public CompletionStage<ConfigDump> dump() {
    CompletableFuture<ConfigDump> dump = new CompletableFuture<>();
    transport
        .status()
        .whenComplete(
            (@Nullable List<ConfigTransport.TransportStatus> statuses,
                @Nullable Throwable failure) ->
                loop.execute(
                    () ->
                        dump.complete(
                            ConfigDump.of(
                                assembler.snapshot().generation(),
                                assembler.subscriptions(),
                                statuses == null ? List.of() : statuses))));
    return dump;
  }

  /** Ends every subscription; what was published stays with whoever has it. Idempotent. */
  @Override
  public void close() {
    loop.execute(
        () -> {
          assembler.close();
          transport.close();
          awaited.forEach(waiting -> waiting.done().complete(null));
          awaited.clear();
        });
  }
}
