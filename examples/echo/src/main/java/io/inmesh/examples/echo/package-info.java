/**
 * Echo, the tool that drives a mesh: {@code server} answers every request with what it saw, {@code
 * call} sends requests and says what came back. {@link io.inmesh.examples.echo.Echo} is the main
 * class.
 */
@NullMarked
package io.inmesh.examples.echo;

import org.jspecify.annotations.NullMarked;
