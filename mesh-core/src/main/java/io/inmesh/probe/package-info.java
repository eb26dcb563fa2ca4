/**
 * Active health checks on the wire: what {@link io.inmesh.balance.ActiveHealth} asks is asked here,
 * over connections of their own, whichever transports the process has. For the library itself.
 *
 * <pre>
 *   Prober.Session.ask ─► connection (TCP, TLS as calls have it) ─► HTTP/1.1 | HTTP/2, gRPC | bytes ─► ProbeAnswer
 * </pre>
 */
@NullMarked
package io.inmesh.probe;

import org.jspecify.annotations.NullMarked;
