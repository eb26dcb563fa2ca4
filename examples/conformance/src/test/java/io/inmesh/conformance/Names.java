package io.inmesh.conformance;

import io.inmesh.conformance.world.Trait;
import io.inmesh.control.HostResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** DNS for one case. */
final class Names implements HostResolver {
  private final Map<String, List<String>> addresses = new ConcurrentHashMap<>();

  Names with(String host, String... known) {
    addresses.put(host, List.of(known));
    return this;
  }

  Trait trait() {
    return config -> config.hostResolver(this);
  }

  @Override
  public CompletableFuture<HostResolver.Addresses> resolve(String host) {
    try {
      List<InetAddress> found = new ArrayList<>();
      for (String address : addresses.getOrDefault(host, List.of())) {
        found.add(InetAddress.getByName(address));
      }
      return found.isEmpty()
          ? CompletableFuture.failedFuture(new UnknownHostException(host))
          : CompletableFuture.completedFuture(
              new HostResolver.Addresses(found, Duration.ofMillis(20)));
    } catch (UnknownHostException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
