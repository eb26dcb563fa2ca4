/**
 * The inbound side: an acceptor, codecs and the {@code com.sun.net.httpserver} shapes; internal to
 * this module.
 *
 * <pre>
 * Acceptor → ProtocolSniffer → Http1ServerConnection | Http2ServerConnection
 *   → Dispatcher (Inbound.admit, context, executor) → ServerExchange → HttpHandler
 * </pre>
 */
@NullMarked
package io.inmesh.http.server;

import org.jspecify.annotations.NullMarked;
