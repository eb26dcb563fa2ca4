package io.inmesh.http.server;

import io.inmesh.call.Peer;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request on a connection, whatever its protocol. Commands are given, and the sink is called,
 * on the connection's loop.
 */
abstract class ServerStream {
  /** The length of a body that is sent until it ends. */
  static final long UNKNOWN = -1;

  /** There is no body and no length is announced. */
  static final long NONE = -2;

  /** Where the request's body goes. */
  interface Sink {
    /** A part of it. */
    void data(byte[] part);

    /** It is complete. */
    void end();

    /** It will not be complete, or the peer no longer waits for the response. */
    void broken(IOException cause);
  }

  final Channel channel;
  final HttpHead head;
  final Peer peer;
  private @Nullable Sink sink;
  private @Nullable List<byte[]> early;
  private boolean discarding;
  private boolean ended;
  private @Nullable IOException failure;
  private long received;

  ServerStream(Channel channel, HttpHead head, Peer peer) {
    this.channel = channel;
    this.head = head;
    this.peer = peer;
  }

  /** {@code HTTP/1.1} or {@code HTTP/2.0}. */
  abstract String protocol();

  /**
   * Writes the response head without flushing.
   *
   * @param length of the body, or {@link #UNKNOWN} or {@link #NONE}
   * @param end whether that is the whole response
   */
  abstract void writeHead(int status, Fields fields, long length, boolean end);

  /** Writes and flushes a part of the response body. */
  abstract void writeBody(ByteBuf data, boolean last, ChannelFutureListener written);

  /** Asks the peer for the body if it waits to be asked. */
  abstract void sendContinue();

  /** Bytes of the body were used up. */
  abstract void consumed(int bytes);

  /** Breaks the response off. */
  abstract void reset();

  /** After the response: whatever is left of the request is of no interest. */
  abstract void responseDone();

  /** Says where the body goes; what has arrived goes there at once. */
  final void attach(Sink to) {
    sink = to;
    List<byte[]> before = early;
    early = null;
    if (before != null) {
      before.forEach(to::data);
    }
    if (failure != null) {
      to.broken(failure);
    } else if (ended) {
      to.end();
    }
  }

  /** Nobody wants the body. */
  final void discard() {
    discarding = true;
    List<byte[]> before = early;
    early = null;
    if (before != null) {
      before.forEach(part -> consumed(part.length));
    }
  }

  /** Whether the request has arrived as a whole. */
  final boolean received() {
    return ended;
  }

  final void data(byte[] part) {
    if (discarding) {
      consumed(part.length);
    } else if (sink != null) {
      sink.data(part);
    } else {
      if (early == null) {
        early = new ArrayList<>();
      }
      early.add(part);
    }
  }

  final void end() {
    ended = true;
    if (sink != null) {
      sink.end();
    }
  }

  final void broken(IOException cause) {
    failure = cause;
    if (sink != null) {
      sink.broken(cause);
    }
  }

  /** Counts a part of the body; false if there are now too many bytes. */
  final boolean within(long limit, int bytes) {
    received += bytes;
    return received <= limit;
  }

  final InetSocketAddress localAddress() {
    return (InetSocketAddress) channel.localAddress();
  }
}
