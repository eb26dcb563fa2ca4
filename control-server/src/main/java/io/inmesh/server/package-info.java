/**
 * The assembled control server. For the command line and for tests that want a whole server in
 * their process.
 *
 * <pre>
 * configuration directory ─► ConfigSource ──config lane──┐
 * instances ─► Registry ───────────────────endpoint lane─┴► MeshModel (compiler) ─► ResourceStore
 *   ─► AdsService ─► gRPC server (xDS and registration)      AdminServer (HTTP) ─► everything
 * </pre>
 */
@NullMarked
package io.inmesh.server;

import org.jspecify.annotations.NullMarked;
