/**
 * Records that describe the mesh as one process sees it. For the library itself; depends on
 * nothing.
 */
@NullMarked
package io.inmesh.model;

import org.jspecify.annotations.NullMarked;
