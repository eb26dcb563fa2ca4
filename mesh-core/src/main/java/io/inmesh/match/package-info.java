/** Matchers that know strings only, compiled once. For the library itself. */
@NullMarked
package io.inmesh.match;

import org.jspecify.annotations.NullMarked;
