/** The peers that run on this build's own class path; the others bring theirs. */
@NullMarked
package io.inmesh.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
