package io.inmesh.server.registry;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a registry works.
 *
 * @param terms of leases, until {@link Registry#terms} changes them
 * @param propagationBound how long a registration and a drain wait for the clients'
 *     acknowledgements
 * @param maxInstances how many instances are accepted, 100,000 by default
 * @param maxServiceInstances how many of them may be of one service, 10,000 by default: an identity
 *     that may be one service cannot keep the others out
 * @param stateDir where the registry survives a restart; null keeps it in memory
 */
public record RegistryOptions(
    LeaseTerms terms,
    Duration propagationBound,
    int maxInstances,
    int maxServiceInstances,
    @Nullable Path stateDir) {

  /** The defaults, in memory. */
  public static final RegistryOptions DEFAULTS =
      new RegistryOptions(LeaseTerms.DEFAULTS, Duration.ofSeconds(2), 100_000, 10_000, null);

  /** The same, kept in a directory; null for memory. */
  public RegistryOptions withStateDir(@Nullable Path dir) {
    return new RegistryOptions(terms, propagationBound, maxInstances, maxServiceInstances, dir);
  }
}
