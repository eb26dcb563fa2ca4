package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * How certificates are issued.
 *
 * @param trustDomain of all identities
 * @param leafTtl how long a workload's certificate is valid, at most what its issuer has left
 * @param rootTtl of a root that is generated
 * @param intermediateTtl of the certificate that signs for workloads
 * @param passphrase encrypts the stored keys; empty: only the files' permissions protect them
 * @param pluggedIn a directory with {@code ca-cert.pem}, {@code ca-key.pem}, {@code cert-chain.pem}
 *     and {@code root-cert.pem}, as Istio names them; empty: the authority is generated
 * @param patience how long a rotation waits for a client that does not do what it was told
 * @param clock by which certificates and tokens are valid
 */
public record CaOptions(
    String trustDomain,
    Duration leafTtl,
    Duration rootTtl,
    Duration intermediateTtl,
    Optional<String> passphrase,
    Optional<Path> pluggedIn,
    Duration patience,
    InstantSource clock) {
  /** A leaf that is shorter-lived could not be renewed in time over a slow network. */
  static final Duration MIN_LEAF_TTL = Duration.ofSeconds(2);

  static final Duration MAX_LEAF_TTL = Duration.ofDays(7);

  /**
   * 24 h leaves, a year for the intermediate because the root's key is not here, 10 years, an hour.
   */
  public static final CaOptions DEFAULTS =
      new CaOptions(
          "cluster.local",
          Duration.ofHours(24),
          Duration.ofDays(3650),
          Duration.ofDays(365),
          Optional.empty(),
          Optional.empty(),
          Duration.ofHours(1),
          InstantSource.system());

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public CaOptions {
    SpiffeId.trustDomain(trustDomain);
    if (leafTtl.compareTo(MIN_LEAF_TTL) < 0 || leafTtl.compareTo(MAX_LEAF_TTL) > 0) {
      throw new IllegalArgumentException(
          "certificates must be valid for 2 s to 7 days, not " + leafTtl);
    }
  }

  /** With another trust domain. */
  public CaOptions withTrustDomain(String changed) {
    return new CaOptions(
        changed, leafTtl, rootTtl, intermediateTtl, passphrase, pluggedIn, patience, clock);
  }

  /** With another life time of workloads' certificates. */
  public CaOptions withLeafTtl(Duration changed) {
    return new CaOptions(
        trustDomain, changed, rootTtl, intermediateTtl, passphrase, pluggedIn, patience, clock);
  }

  /** With another life time of the certificate that signs for workloads. */
  public CaOptions withIntermediateTtl(Duration changed) {
    return new CaOptions(
        trustDomain, leafTtl, rootTtl, changed, passphrase, pluggedIn, patience, clock);
  }

  /** With stored keys encrypted. */
  public CaOptions withPassphrase(Optional<String> changed) {
    return new CaOptions(
        trustDomain, leafTtl, rootTtl, intermediateTtl, changed, pluggedIn, patience, clock);
  }

  /** With an authority from files. */
  public CaOptions withPluggedIn(Optional<Path> changed) {
    return new CaOptions(
        trustDomain, leafTtl, rootTtl, intermediateTtl, passphrase, changed, patience, clock);
  }

  /** With another bound on how long a rotation waits for a client. */
  public CaOptions withPatience(Duration changed) {
    return new CaOptions(
        trustDomain, leafTtl, rootTtl, intermediateTtl, passphrase, pluggedIn, changed, clock);
  }

  /** With another clock. */
  public CaOptions withClock(InstantSource changed) {
    return new CaOptions(
        trustDomain, leafTtl, rootTtl, intermediateTtl, passphrase, pluggedIn, patience, changed);
  }

  /** Without the passphrase. */
  @Override
  public String toString() {
    return "CaOptions[" + trustDomain + ", leaf " + leafTtl + "]";
  }
}
