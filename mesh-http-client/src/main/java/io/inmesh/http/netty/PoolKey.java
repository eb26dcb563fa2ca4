package io.inmesh.http.netty;

import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster.Protocol;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Which connections are interchangeable: same address, same TLS generation, same protocol.
 *
 * @param tls null: plaintext
 */
record PoolKey(InetSocketAddress address, @Nullable TlsGeneration tls, Protocol protocol) {}
