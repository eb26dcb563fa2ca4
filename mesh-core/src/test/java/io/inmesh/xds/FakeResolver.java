package io.inmesh.xds;

import io.inmesh.control.HostResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Knows what it was told; notes what it was asked. */
final class FakeResolver implements HostResolver {
  final List<String> asked = new ArrayList<>();
  private final Map<String, Addresses> known = new HashMap<>();

  /** Held back until {@link #release}. */
  private final List<CompletableFuture<Void>> held = new ArrayList<>();

  boolean holds;

  void know(String host, String... addresses) {
    know(null, host, addresses);
  }

  void know(@Nullable Duration ttl, String host, String... addresses) {
    List<InetAddress> all = new ArrayList<>();
    try {
      for (String address : addresses) {
        all.add(InetAddress.getByName(address));
      }
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
    known.put(host, new Addresses(all, ttl));
  }

  void forget(String host) {
    known.remove(host);
  }

  void release() {
    holds = false;
    held.forEach(each -> each.complete(null));
    held.clear();
  }

  int waiting() {
    return held.size();
  }

  @Override
  public CompletionStage<Addresses> resolve(String host) {
    asked.add(host);
    CompletableFuture<Void> begun = new CompletableFuture<>();
    if (holds) {
      held.add(begun);
    } else {
      begun.complete(null);
    }
    return begun.thenCompose(
        nothing -> {
          Addresses answer = known.get(host);
          return answer == null
              ? CompletableFuture.failedFuture(new UnknownHostException(host))
              : CompletableFuture.completedFuture(answer);
        });
  }
}
