/** What the mesh costs a process besides its calls: the time to the first answer, and memory. */
@NullMarked
package io.inmesh.benchmarks.footprint;

import org.jspecify.annotations.NullMarked;
