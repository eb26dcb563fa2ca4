/**
 * The control server under many clients: fan-out of changes, churn, reconnect storm.
 *
 * <pre>
 * FanOut (options, phases) ─► XdsSwarm (thousands of ADS streams over a few connections)
 *        └──────────────────► control server in its own process
 * </pre>
 */
@NullMarked
package io.inmesh.benchmarks.control;

import org.jspecify.annotations.NullMarked;
