/**
 * The engine behind {@link io.inmesh.call}: compiles a {@link io.inmesh.model.MeshSnapshot} into
 * run-time tables and runs calls on them, without any I/O. For the library itself; applications and
 * transports see only the interfaces.
 *
 * <pre>
 *   update(MeshSnapshot) ─► MeshCompiler ─► CompiledMesh (one volatile write)
 *   begin ─► MeshCall pins CompiledMesh ─► RoutePlan ─► ClusterRuntime ─► MeshAttempt ─► decide
 * </pre>
 */
@NullMarked
package io.inmesh.call.engine;

import org.jspecify.annotations.NullMarked;
