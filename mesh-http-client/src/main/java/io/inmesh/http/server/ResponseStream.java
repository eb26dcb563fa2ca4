package io.inmesh.http.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A response's body as a blocking stream: gathers small writes, hands them to the connection's
 * loop, and waits while more than {@link #HIGH} bytes are on their way. Written by one thread at a
 * time.
 */
final class ResponseStream extends OutputStream implements ServerStream.Source {
  static final int HIGH = 128 * 1024;
  private static final int BUFFER = 16 * 1024;

  private final ServerExchange exchange;
  private final AtomicInteger unwritten = new AtomicInteger();
  private volatile @Nullable Thread writer;
  private volatile boolean broken;
  private volatile boolean unnoticed;

  // Of the writing thread.
  private @Nullable ByteBuf buffer;
  private long left = Long.MAX_VALUE;
  private boolean exact;
  private boolean closed;

  ResponseStream(ServerExchange exchange) {
    this.exchange = exchange;
  }

  /** The response will have so many bytes; negative: as many as are written. */
  void length(long length) {
    exact = length >= 0;
    left = exact ? length : Long.MAX_VALUE;
    closed = length == 0;
  }

  /** From the loop: whether what is written reaches anybody is not to be noticed. */
  void ignoreFailures() {
    unnoticed = true;
  }

  /** From the loop: nothing can be written any more. */
  void breakOff() {
    broken = true;
    LockSupport.unpark(writer);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    check();
    if (length > left) {
      throw new IOException("more bytes than the response's length");
    }
    left -= exact ? length : 0;
    int done = 0;
    while (done < length) {
      ByteBuf out = buffer;
      if (out == null) {
        out =
            exchange.stream.channel.alloc().buffer(Math.min(BUFFER, Math.max(256, length)), BUFFER);
        buffer = out;
      }
      int part = Math.min(length - done, BUFFER - out.readableBytes());
      out.writeBytes(from, offset + done, part);
      done += part;
      if (out.readableBytes() == BUFFER && !(exact && left == 0 && done == length)) {
        send(false);
      }
    }
    if (exact && left == 0) {
      closed = true;
      send(true);
    }
  }

  @Override
  public void flush() throws IOException {
    if (!closed) {
      check();
      send(false);
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    if (exact && left > 0) {
      dropBuffer();
      exchange.reset();
      throw new IOException(left + " bytes fewer than the response's length");
    }
    send(true);
  }

  /** Gives up what was not sent. */
  void discard() {
    closed = true;
    dropBuffer();
  }

  private void dropBuffer() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }

  private void check() throws IOException {
    if (broken) {
      dropBuffer();
      throw new IOException("the peer no longer waits for the response");
    }
    if (closed) {
      throw new IOException("the response is complete");
    }
    if (!exchange.headSent()) {
      throw new IOException("sendResponseHeaders comes first");
    }
  }

  private void send(boolean last) throws IOException {
    ByteBuf data = buffer == null ? Unpooled.EMPTY_BUFFER : buffer;
    buffer = null;
    if (!last && !data.isReadable()) {
      exchange.send(Unpooled.EMPTY_BUFFER, false);
      return;
    }
    int bytes = data.readableBytes();
    unwritten.addAndGet(bytes);
    exchange.send(data, last);
    if (!last) {
      awaitRoom();
    }
  }

  @Override
  public void written(int bytes, boolean ok) {
    if (!ok && !unnoticed) {
      broken = true;
    }
    if (unwritten.addAndGet(-bytes) <= HIGH || broken) {
      LockSupport.unpark(writer);
    }
  }

  private void awaitRoom() throws IOException {
    if (unwritten.get() <= HIGH) {
      return;
    }
    writer = Thread.currentThread();
    try {
      while (unwritten.get() > HIGH && !broken) {
        if (Thread.interrupted()) {
          Thread.currentThread().interrupt();
          throw new java.io.InterruptedIOException("interrupted while writing the response");
        }
        LockSupport.park(this);
      }
    } finally {
      writer = null;
    }
    check();
  }
}
