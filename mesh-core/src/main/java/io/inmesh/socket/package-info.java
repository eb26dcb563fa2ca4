/**
 * What the transports set on sockets alike. For transports.
 *
 * <pre>
 *   ConnectionPolicy ─► options of the channel, whatever its native transport calls them
 * </pre>
 */
@NullMarked
package io.inmesh.socket;

import org.jspecify.annotations.NullMarked;
