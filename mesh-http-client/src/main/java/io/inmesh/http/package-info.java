/**
 * HTTP for applications: {@link io.inmesh.http.MeshHttpClient}, which is a {@code
 * java.net.http.HttpClient}, and {@link io.inmesh.http.MeshHttpServer}, which is a {@code
 * com.sun.net.httpserver.HttpServer}.
 *
 * <pre>
 * application → MeshHttpClient → exchange (drives an OutboundCall) → netty (pools, codecs) → peer
 * peer → server (acceptor, codecs) → Inbound.admit → HttpHandler
 * </pre>
 */
@NullMarked
package io.inmesh.http;

import org.jspecify.annotations.NullMarked;
