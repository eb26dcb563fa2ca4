/**
 * The behaviour suite: a case for each capability, run over every transport by {@link
 * io.inmesh.conformance.world.OverEveryTransport}. Nothing depends on it.
 */
@NullMarked
package io.inmesh.conformance;

import org.jspecify.annotations.NullMarked;
