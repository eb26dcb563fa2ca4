package io.inmesh.call;

import io.inmesh.identity.SpiffeId;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who sent an inbound request.
 *
 * @param address of the connection's other end
 * @param identity verified in the handshake; null: none
 * @param secure whether the connection is TLS
 */
public record Peer(SocketAddress address, @Nullable SpiffeId identity, boolean secure) {}
