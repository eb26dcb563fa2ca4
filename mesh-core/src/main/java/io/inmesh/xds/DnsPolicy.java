package io.inmesh.xds;

import java.time.Duration;

/**
 * How the host names of a cluster are looked up.
 *
 * @param logical whether a name is one host, which each new connection looks for anew; else every
 *     address is an endpoint
 * @param refresh between two lookups
 * @param followsTtl whether an answer's time to live goes before {@code refresh}
 * @param jitter random time added to each pause
 * @param retry first pause after a failure
 * @param maxRetry longest pause after failures
 * @param family which addresses count
 * @param guarded whether {@linkplain io.inmesh.model.LocalAddresses local addresses} do not count
 */
record DnsPolicy(
    boolean logical,
    Duration refresh,
    boolean followsTtl,
    Duration jitter,
    Duration retry,
    Duration maxRetry,
    Family family,
    boolean guarded) {
  /** For what the application calls on its own account: as the name it gave is looked up. */
  static final DnsPolicy PASS_THROUGH =
      new DnsPolicy(
          true,
          Duration.ofSeconds(30),
          true,
          Duration.ofMillis(100),
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Family.V4_PREFERRED,
          false);

  /** Envoy's {@code DnsLookupFamily}. */
  enum Family {
    /** IPv6, or IPv4 where there is none. */
    AUTO,
    V4_ONLY,
    V6_ONLY,
    /** IPv4, or IPv6 where there is none. */
    V4_PREFERRED,
    ALL
  }
}
