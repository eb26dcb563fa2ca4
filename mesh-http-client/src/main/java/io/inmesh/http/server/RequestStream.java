package io.inmesh.http.server;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as a blocking stream: filled by the connection's loop, read by one thread at a
 * time. What is not read yet stays within the request's window.
 */
final class RequestStream extends InputStream implements ServerStream.Sink {
  private static final int REPORT = 16 * 1024;

  private final ServerStream stream;
  private final ConcurrentLinkedQueue<byte[]> parts = new ConcurrentLinkedQueue<>();
  private final Runnable onBroken;
  private volatile boolean ended;
  private volatile @Nullable IOException failure;
  private volatile @Nullable Thread reader;
  private volatile boolean closed;

  // Of the reading thread.
  private byte[] current = new byte[0];
  private int position;
  private int unreported;
  private boolean asked;

  RequestStream(ServerStream stream, Runnable onBroken) {
    this.stream = stream;
    this.onBroken = onBroken;
  }

  @Override
  public void data(byte[] part) {
    if (closed) {
      stream.consumed(part.length);
    } else {
      parts.add(part);
      wake();
    }
  }

  @Override
  public void end() {
    ended = true;
    wake();
  }

  @Override
  public void broken(IOException cause) {
    if (!ended) {
      failure = cause;
    }
    wake();
    onBroken.run();
  }

  private void wake() {
    LockSupport.unpark(reader);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    if (position == current.length && !next()) {
      return -1;
    }
    int count = Math.min(length, current.length - position);
    System.arraycopy(current, position, into, offset, count);
    position += count;
    unreported += count;
    if (unreported >= REPORT || (position == current.length && parts.isEmpty())) {
      report();
    }
    return count;
  }

  @Override
  public int available() {
    int waiting = current.length - position;
    for (byte[] part : parts) {
      waiting += part.length;
    }
    return waiting;
  }

  /** Waits for the next part; false at the end. */
  private boolean next() throws IOException {
    if (closed) {
      throw new IOException("stream closed");
    }
    if (!asked) {
      asked = true;
      if (!ended) {
        stream.channel.eventLoop().execute(stream::sendContinue);
      }
    }
    reader = Thread.currentThread();
    try {
      while (true) {
        boolean last = ended; // before looking: all parts precede it
        byte[] part = parts.poll();
        if (part != null) {
          current = part;
          position = 0;
          return true;
        }
        if (last) {
          return false;
        }
        IOException broken = failure;
        if (broken != null) {
          throw new IOException("the request was broken off", broken);
        }
        if (Thread.interrupted()) {
          Thread.currentThread().interrupt();
          throw new java.io.InterruptedIOException("interrupted while reading the request");
        }
        LockSupport.park(this);
      }
    } finally {
      reader = null;
    }
  }

  private void report() {
    if (!ended && unreported > 0) {
      int bytes = unreported;
      stream.channel.eventLoop().execute(() -> stream.consumed(bytes));
    }
    unreported = 0;
  }

  /** The rest is not read; the connection decides whether it takes it or closes. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    int left = available() + unreported;
    parts.clear();
    if (!ended && left > 0) {
      stream.channel.eventLoop().execute(() -> stream.consumed(left));
    }
  }
}
