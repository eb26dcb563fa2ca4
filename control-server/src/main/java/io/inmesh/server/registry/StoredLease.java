package io.inmesh.server.registry;

import java.time.Duration;
import java.time.Instant;

/**
 * A lease as it is written to the state directory. Deadlines are not: a lease that is read back
 * starts a new term.
 *
 * @param instance what it claims
 * @param kind what keeps it
 * @param state where it stood
 * @param epoch of its registration
 * @param registeredAt for display
 * @param ttl the term of a heartbeat lease, the grace of a stream lease
 */
record StoredLease(
    Instance instance,
    LeaseKind kind,
    LeaseState state,
    long epoch,
    Instant registeredAt,
    Duration ttl) {}
