package io.inmesh.spring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.NioEndpoint.NioSocketWrapper;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * A connection of Tomcat's that is TLS if its first byte is, and else plaintext where that is
 * served. Channels are used for one connection after another. Confined to the connection.
 */
final class SniffedChannel extends SecureNioChannel {
  /** The type of TLS records that handshakes begin with. */
  private static final byte HANDSHAKE = 22;

  private final BooleanSupplier served;
  private boolean known;
  private boolean plaintext;

  SniffedChannel(SocketBufferHandler buffers, NioEndpoint endpoint, BooleanSupplier served) {
    super(buffers, endpoint);
    this.served = served;
  }

  @Override
  public void reset(SocketChannel channel, NioSocketWrapper wrapper) throws IOException {
    known = false;
    plaintext = false;
    super.reset(channel, wrapper);
  }

  /** Before anything else is done with a connection. */
  @Override
  public int handshake(boolean read, boolean write) throws IOException {
    if (!known) {
      netInBuffer.limit(1);
      int got = sc.read(netInBuffer);
      netInBuffer.limit(netInBuffer.capacity());
      if (got <= 0) {
        return got < 0 ? -1 : SelectionKey.OP_READ;
      }
      known = true;
      plaintext = netInBuffer.get(0) != HANDSHAKE && served.getAsBoolean();
      if (plaintext) {
        netInBuffer.flip();
        handshakeComplete = true;
      }
    }
    return plaintext ? 0 : super.handshake(read, write);
  }

  @Override
  public int read(ByteBuffer to) throws IOException {
    if (!plaintext) {
      return super.read(to);
    }
    if (!netInBuffer.hasRemaining() || !to.hasRemaining()) {
      return sc.read(to);
    }
    to.put(netInBuffer.get());
    return 1 + Math.max(0, sc.read(to)); // an end is seen by the next one
  }

  @Override
  public long read(ByteBuffer[] to, int offset, int length) throws IOException {
    if (!plaintext) {
      return super.read(to, offset, length);
    }
    if (!netInBuffer.hasRemaining()) {
      return sc.read(to, offset, length);
    }
    for (int i = offset; i < offset + length; i++) {
      if (to[i].hasRemaining()) {
        return read(to[i]);
      }
    }
    return 0;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    if (!plaintext) {
      return super.write(from);
    }
    checkInterruptStatus();
    return sc.write(from);
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    if (!plaintext) {
      return super.write(from, offset, length);
    }
    checkInterruptStatus();
    return sc.write(from, offset, length);
  }

  @Override
  public int getOutboundRemaining() {
    return plaintext ? 0 : super.getOutboundRemaining();
  }

  @Override
  public boolean flushOutbound() throws IOException {
    return !plaintext && super.flushOutbound();
  }

  @Override
  public @Nullable SSLSupport getSSLSupport() {
    return plaintext ? null : super.getSSLSupport();
  }

  @Override
  public void close() throws IOException {
    if (plaintext) {
      sc.close();
    } else {
      super.close();
    }
  }

  @Override
  public void close(boolean force) throws IOException {
    if (plaintext) {
      sc.close();
    } else {
      super.close(force);
    }
  }
}
