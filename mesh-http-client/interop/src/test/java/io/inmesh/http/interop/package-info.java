/** Other people's libraries on our client, and our client against other people's servers. */
@NullMarked
package io.inmesh.http.interop;

import org.jspecify.annotations.NullMarked;
