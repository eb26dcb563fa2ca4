package io.inmesh.xds;

import com.google.protobuf.Message;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A control server without a network: the test says what it sends. Confined to one thread. */
final class FakeTransport implements ConfigTransport {
  private record Watch<T>(ResourceKind<T> kind, String name, Listener<T> listener) {}

  private final ControlLoop loop;
  private final Map<String, Watch<?>> watches = new LinkedHashMap<>();
  boolean quiet = true;
  int doubleCancels;

  FakeTransport(ControlLoop loop) {
    this.loop = loop;
  }

  @Override
  public <T> Cancellable subscribe(ResourceKind<T> kind, String name, Listener<T> listener) {
    String key = kind + " " + name;
    Watch<T> watch = new Watch<>(kind, name, listener);
    if (watches.put(key, watch) != null) {
      throw new AssertionError("watched twice: " + key);
    }
    return () -> {
      if (!watches.remove(key, watch)) {
        doubleCancels++;
      }
    };
  }

  /** What is watched, as {@code "LDS name"}. */
  Set<String> watched() {
    return new TreeSet<>(watches.keySet());
  }

  /** Sends a resource as the real transport would: decoded, or as a rejection. */
  @SuppressWarnings("unchecked") // the key holds the kind
  <T> void send(ResourceKind<T> kind, Message message) {
    Watch<T> watch = (Watch<T>) watches.get(kind + " " + kind.nameOf(message));
    if (watch == null) {
      return;
    }
    loop.execute(
        () -> {
          try {
            watch.listener().present(kind.decode(message, KnownFilters.NONE));
          } catch (Rejection rejection) {
            watch.listener().rejected(rejection);
          }
        });
  }

  void absent(ResourceKind<?> kind, String name) {
    Watch<?> watch = watches.get(kind + " " + name);
    if (watch != null) {
      loop.execute(() -> watch.listener().absent(""));
    }
  }

  void unreachable(String why) {
    List.copyOf(watches.values())
        .forEach(watch -> loop.execute(() -> watch.listener().unreachable(why)));
  }

  @Override
  public boolean quietSince(long nanoTime) {
    return quiet;
  }

  @Override
  public CompletionStage<List<TransportStatus>> status() {
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public void close() {
    watches.clear();
  }
}
