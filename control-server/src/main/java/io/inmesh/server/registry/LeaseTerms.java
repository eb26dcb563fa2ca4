package io.inmesh.server.registry;

import java.time.Duration;

/**
 * How long the registry believes in an instance it does not hear from. May change while it runs.
 *
 * @param grace how long an instance keeps its place after its stream broke
 * @param removal how long an expired instance stays listed as unhealthy
 * @param ttl the term of a heartbeat where the instance asks for none
 * @param maxTtl the longest term it may ask for
 * @param guardPercent more than this share of a service lost within the window is held; 100
 *     switches the guard off
 * @param lossWindow how far apart losses may be to count as one event
 * @param maxHold how long the guard holds an instance that never returns
 * @param restartGrace the least time a lease found in the state directory is given to return
 */
public record LeaseTerms(
    Duration grace,
    Duration removal,
    Duration ttl,
    Duration maxTtl,
    int guardPercent,
    Duration lossWindow,
    Duration maxHold,
    Duration restartGrace) {

  /** 15 s of grace, 60 s until removal, heartbeats of 30 s, the guard at 50 %. */
  public static final LeaseTerms DEFAULTS =
      of(
          Duration.ofSeconds(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofMinutes(10),
          50);

  /** What an operator sets; the rest follows: the window is the grace period. */
  public static LeaseTerms of(
      Duration grace, Duration removal, Duration ttl, Duration maxTtl, int guardPercent) {
    return new LeaseTerms(
        grace,
        removal,
        ttl,
        maxTtl,
        guardPercent,
        grace,
        Duration.ofHours(1),
        Duration.ofSeconds(30));
  }
}
