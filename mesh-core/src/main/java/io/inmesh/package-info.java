/**
 * What an application holds: start a {@link io.inmesh.Mesh}, hand it to a transport, close it. For
 * applications.
 */
@NullMarked
package io.inmesh;

import org.jspecify.annotations.NullMarked;
