/**
 * The load generator and the client process around it. Depends on no mesh, so that every peer runs
 * under exactly the same code with its own class path:
 *
 * <pre>
 * ClientProcess ── commands on stdin ──► LoadGenerator ──► Client (one per peer) ──► server
 *       └──────── one JSON line per measurement on stdout
 * </pre>
 */
@NullMarked
package io.inmesh.benchmarks.load;

import org.jspecify.annotations.NullMarked;
