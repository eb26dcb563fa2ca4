/**
 * Time, randomness, host names and the serial control loop: the seams that tests replace. For the
 * library itself.
 */
@NullMarked
package io.inmesh.control;

import org.jspecify.annotations.NullMarked;
