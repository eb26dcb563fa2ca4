/**
 * The end-to-end comparison: starts each peer's processes, lets the client process send load, reads
 * what every process used, and reports ratios of one run.
 *
 * <pre>
 * Bench (options) ─► Plan (forks × peers × cells, interleaved) ─► PeerRun (processes, pinned)
 *    └─► Results (JSON lines, resumable) ─► Report (table, ratios with intervals, chart)
 * </pre>
 */
@NullMarked
package io.inmesh.benchmarks.e2e;

import org.jspecify.annotations.NullMarked;
