/**
 * Whether what may be done only once is done only once: requests with idempotency keys, while
 * connections are reset and servers are killed.
 *
 * <pre>
 * Chaos (options) ─► Replica (a server process, killed and started again)
 *    │                  ▲ Relay (resets and delays connections)
 *    ├─► Callers (HTTP/1.1, HTTP/2, gRPC) ─┘
 *    └─► Verdict (what the servers wrote down: never a key twice)
 * </pre>
 */
@NullMarked
package io.inmesh.benchmarks.chaos;

import org.jspecify.annotations.NullMarked;
