/**
 * Micro-benchmarks of the request path, started by {@code benchmarks/run --jmh}. Each measures what
 * one call pays; {@code -prof gc} gives the bytes.
 */
@NullMarked
package io.inmesh.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
