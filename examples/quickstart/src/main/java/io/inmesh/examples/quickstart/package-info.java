/**
 * The quickstart: starts a mesh of seven operating-system processes, drives load through it, shifts
 * a canary, breaks things, and says how it went. {@link io.inmesh.examples.quickstart.Quickstart}
 * is the main class; {@code Orders}, {@code Inventory} and {@code WebApplication} are the services.
 */
@NullMarked
package io.inmesh.examples.quickstart;

import org.jspecify.annotations.NullMarked;
