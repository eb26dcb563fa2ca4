/**
 * What bounds and repeats calls: timeouts, retry conditions, back-off, budgets, limits. For the
 * engine.
 *
 * <pre>
 *   RetryPolicy ─compile─► RetryRules: response or failure ─► retry? ─► RetryPermits ─► BackOff
 *   Forward     ─compile─► TimeLimits: route timeout, stream duration, grpc-timeout rules
 * </pre>
 */
@NullMarked
package io.inmesh.resilience;

import org.jspecify.annotations.NullMarked;
