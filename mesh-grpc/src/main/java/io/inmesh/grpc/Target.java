package io.inmesh.grpc;

import io.inmesh.model.TlsPolicy;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What makes a connection the same for two clusters.
 *
 * @param address where it leads
 * @param tls how it must be secured; null: plaintext
 */
record Target(InetSocketAddress address, @Nullable TlsPolicy tls) {}
