/**
 * What a process says about its calls. For the engine; every instrument name is in {@link
 * io.inmesh.telemetry.InstrumentNames}.
 *
 * <pre>
 *   call begins ─► TracePropagation (context in) ─► attempts (context out) ─► call ends ─► CallMetrics
 * </pre>
 */
@NullMarked
package io.inmesh.telemetry;

import org.jspecify.annotations.NullMarked;
