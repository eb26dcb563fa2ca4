/**
 * The connection to the control server and the clients of Inmesh's own services on it. For the
 * library itself.
 *
 * <pre>
 * ControlChannel ── one gRPC connection, reconnecting ──► control server
 *   ├─ used by io.inmesh.xds for ADS
 *   ├─ RegistrationClient: one stream per announced instance
 *   └─ IdentityClient: certificates and roots, into io.inmesh.identity
 * </pre>
 */
@NullMarked
package io.inmesh.wire;

import org.jspecify.annotations.NullMarked;
