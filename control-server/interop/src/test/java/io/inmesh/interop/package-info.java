/**
 * Clients of other makers and times against the control server as people run it. Every client is a
 * process that reads numbers and makes as many calls: {@code OldGrpcJava}, {@code client.py},
 * {@code client.js}.
 */
@NullMarked
package io.inmesh.interop;

import org.jspecify.annotations.NullMarked;
