package io.inmesh.server.ca;

import io.inmesh.identity.TrustBundle;
import java.time.Duration;
import java.util.Set;

/**
 * What clients are told about trust. Immutable.
 *
 * @param sequence grows with every change, over restarts too
 * @param bundle roots and bans
 * @param renewAuthorities whose certificates are to be replaced now
 * @param renewWithin over which time clients spread that
 */
public record TrustState(
    long sequence, TrustBundle bundle, Set<String> renewAuthorities, Duration renewWithin) {
  /** Copies the set. */
  public TrustState {
    renewAuthorities = Set.copyOf(renewAuthorities);
  }
}
