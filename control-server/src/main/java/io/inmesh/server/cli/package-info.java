/**
 * The command {@code inmesh}. Nothing else depends on it.
 *
 * <pre>
 * Main ─► InmeshCommand ─┬► serve     ─► ControlServer
 *                        ├► validate  ─► ConfigLoader + MeshCompiler
 *                        ├► clients, services ─► AdminClient ─► admin port of a running server
 *                        └► completion
 * Exit codes: 0 done, 1 failed or errors found, 2 wrong usage.
 * </pre>
 */
@NullMarked
package io.inmesh.server.cli;

import org.jspecify.annotations.NullMarked;
