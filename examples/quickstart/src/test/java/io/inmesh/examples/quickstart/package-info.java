/** Tests of the quickstart, as people run it. */
@NullMarked
package io.inmesh.examples.quickstart;

import org.jspecify.annotations.NullMarked;
