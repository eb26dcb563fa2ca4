package io.inmesh.server.registry;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Doubts the control server's own view when most of a service falls silent at once: a partition is
 * then likelier than the death of every instance. What leaves on its own account is never held.
 *
 * @param percent losing more than this share within the window is doubted
 * @param windowNanos how far apart losses may be to count together
 */
record LossGuard(int percent, long windowNanos) {

  /**
   * Which leases to hold, given those of a service that run out now: none, or all that were lost
   * within the window and would have taken calls.
   */
  Set<Lease> held(Collection<Lease> service, Set<Lease> lost, long now) {
    Set<Lease> candidates = new LinkedHashSet<>();
    int gone = 0;
    int total = 0;
    for (Lease lease : service) {
      if (!lease.counts()) {
        continue;
      }
      boolean recent = lease.state == LeaseState.EXPIRED && now - lease.expiredAt < windowNanos;
      if (lease.state == LeaseState.EXPIRED && !recent) {
        continue;
      }
      total++;
      if (lost.contains(lease) || recent) {
        gone++;
        candidates.add(lease);
      } else if (lease.state == LeaseState.HELD) {
        gone++;
      }
    }
    return exceeds(gone, total) ? candidates : Set.of();
  }

  /** Whether so much of a service is back that what is still held can be given up. */
  boolean releases(Collection<Lease> service) {
    int held = 0;
    int total = 0;
    for (Lease lease : service) {
      if (lease.counts() && lease.state != LeaseState.EXPIRED) {
        total++;
        held += lease.state == LeaseState.HELD ? 1 : 0;
      }
    }
    return held > 0 && !exceeds(held, total);
  }

  private boolean exceeds(int part, int whole) {
    return part * 100L > (long) percent * whole;
  }
}
