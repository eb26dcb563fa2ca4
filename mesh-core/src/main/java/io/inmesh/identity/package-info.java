/**
 * SPIFFE identities, trust bundles and TLS generations. For transports, which see {@link
 * io.inmesh.identity.TlsGeneration}, {@link io.inmesh.identity.ServerTls} and {@link
 * io.inmesh.identity.Standing} only.
 *
 * <pre>
 * identity source ─► Svid + TrustBundle ─► TlsMaterial.update
 *   client: Attempt.tls() / Outbound.tls(policy) ─► TlsGeneration ─► one SSL context for each number
 *   server: Inbound.tls() for each accepted connection ─► ServerTls(mode, TlsGeneration)
 *   after each handshake: TlsGeneration.peer(session) ─► SpiffeId, or the connection is closed
 *   Outbound/Inbound.watchTls: TlsGeneration/ServerTls.standing(…) for each open connection
 * </pre>
 */
@NullMarked
package io.inmesh.identity;

import org.jspecify.annotations.NullMarked;
