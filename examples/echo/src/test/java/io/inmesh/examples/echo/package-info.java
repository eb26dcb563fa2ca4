/** Tests of echo: its command line, and the mesh as its commands see it. */
@NullMarked
package io.inmesh.examples.echo;

import org.jspecify.annotations.NullMarked;
