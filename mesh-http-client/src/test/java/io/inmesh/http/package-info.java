/** Tests over real sockets and the real engine. */
@NullMarked
package io.inmesh.http;

import org.jspecify.annotations.NullMarked;
