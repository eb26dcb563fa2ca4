/** What is hot in flight recordings, as a page that can be kept where the recordings are not. */
@NullMarked
package io.inmesh.benchmarks.profile;

import org.jspecify.annotations.NullMarked;
