package io.inmesh.server.registry;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long the registry believes in an instance it does not hear from.
 *
 * @param grace how long an instance keeps its place after its stream broke
 * @param restartGrace the least time a lease found in the state directory is given to return
 * @param removal how long an expired instance stays listed as unhealthy
 * @param guardPercent more than this share of a service lost within {@code lossWindow} is held
 * @param lossWindow how far apart losses may be to count as one event
 * @param maxHold how long the guard holds an instance that never returns
 * @param drainBound how long the answer to a drain waits for the clients' acknowledgements
 * @param maxInstances how many instances are accepted
 * @param stateDir where the registry survives a restart; null keeps it in memory
 */
public record RegistryOptions(
    Duration grace,
    Duration restartGrace,
    Duration removal,
    int guardPercent,
    Duration lossWindow,
    Duration maxHold,
    Duration drainBound,
    int maxInstances,
    @Nullable Path stateDir) {

  /** The defaults, in memory. */
  public static final RegistryOptions DEFAULTS =
      new RegistryOptions(
          Duration.ofSeconds(15),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          50,
          Duration.ofSeconds(15),
          Duration.ofHours(1),
          Duration.ofSeconds(2),
          100_000,
          null);

  /** The same, kept in a directory. */
  public RegistryOptions withStateDir(@Nullable Path dir) {
    return new RegistryOptions(
        grace,
        restartGrace,
        removal,
        guardPercent,
        lossWindow,
        maxHold,
        drainBound,
        maxInstances,
        dir);
  }

  /** The same with another grace period, which is also the loss window. */
  public RegistryOptions withGrace(Duration changed) {
    return new RegistryOptions(
        changed,
        restartGrace,
        removal,
        guardPercent,
        changed,
        maxHold,
        drainBound,
        maxInstances,
        stateDir);
  }

  /** The same with another bound on the answer to a drain. */
  public RegistryOptions withDrainBound(Duration changed) {
    return new RegistryOptions(
        grace,
        restartGrace,
        removal,
        guardPercent,
        lossWindow,
        maxHold,
        changed,
        maxInstances,
        stateDir);
  }
}
