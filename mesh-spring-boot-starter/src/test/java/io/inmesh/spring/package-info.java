/** Tests of the starter, run with our versions of the libraries and with those Boot manages. */
@NullMarked
package io.inmesh.spring;

import org.jspecify.annotations.NullMarked;
