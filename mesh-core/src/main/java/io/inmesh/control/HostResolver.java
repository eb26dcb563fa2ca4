package io.inmesh.control;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Finds the addresses of host names outside the mesh. Thread-safe. */
@FunctionalInterface
public interface HostResolver {
  /**
   * Asks for the addresses of a host; never blocks.
   *
   * @return completes on any thread; exceptionally if the name is unknown or nobody can be asked
   */
  CompletionStage<Addresses> resolve(String host);

  /**
   * The addresses of a host.
   *
   * @param all in the order of preference
   * @param ttl how long they hold; null: not known
   */
  record Addresses(List<InetAddress> all, @Nullable Duration ttl) {
    public Addresses {
      all = List.copyOf(all);
    }
  }

  /**
   * The operating system's resolver, as the JDK asks it. It tells no time to live, and the JDK
   * keeps answers for 30 s and failures for 10 s ({@code networkaddress.cache.ttl}, {@code
   * networkaddress.cache.negative.ttl}).
   *
   * @param blocking where lookups may block
   */
  static HostResolver system(Executor blocking) {
    return host ->
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return new Addresses(List.of(InetAddress.getAllByName(host)), null);
              } catch (UnknownHostException e) {
                throw new CompletionException(e);
              }
            },
            blocking);
  }
}
