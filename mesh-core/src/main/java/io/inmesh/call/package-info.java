/**
 * The engine as transports see it: a state machine per call that a transport drives. For
 * transports.
 */
@NullMarked
package io.inmesh.call;

import org.jspecify.annotations.NullMarked;
