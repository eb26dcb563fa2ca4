/**
 * The instances that registered themselves, and their leases. For the control server's assembly,
 * its translator and its admin port.
 *
 * <pre>
 * gRPC stream ─┐                                   ┌─► RegistryListener (translator, fast lane)
 * HTTP + TTL ──┼─► Registry (one thread) ─► LeaseTable ─► RegistrySnapshot
 * state dir ───┘        │                          └─► RegistryAlarm (guard, duplicates)
 *                       └─► RegistryJournal (transitions only, never heartbeats)
 * </pre>
 */
@NullMarked
package io.inmesh.server.registry;

import org.jspecify.annotations.NullMarked;
