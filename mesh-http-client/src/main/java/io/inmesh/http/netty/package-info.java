/**
 * Sockets, codecs and connection pools; internal to this module.
 *
 * <pre>
 * WireCall.open → IoLoop → EndpointPool → (Connector → TLS, ALPN) → ClientConnection
 *   granted → WireCall.start → Http1ClientConnection | Http2ClientConnection → socket
 * </pre>
 *
 * Everything that belongs to a connection runs on its event loop; nothing here is shared between
 * loops but the TLS contexts.
 */
@NullMarked
package io.inmesh.http.netty;

import org.jspecify.annotations.NullMarked;
