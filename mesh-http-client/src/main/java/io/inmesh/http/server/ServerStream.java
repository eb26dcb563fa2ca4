package io.inmesh.http.server;

import io.inmesh.call.BodyStart;
import io.inmesh.call.Peer;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request on a connection, whatever its protocol. Commands are given, and source and sink are
 * called, on the connection's loop.
 */
abstract class ServerStream implements HttpHead.BodySource {
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

  /** Where the response's body comes from. */
  interface Source {
    /** Bytes of it have left, or, if it did not go well, never will. */
    void written(int bytes, boolean ok);
  }

  /** How much of a request {@link #gather(Runnable)} waits for. */
  private static final int GATHERED = 64 * 1024;

  final Channel channel;
  final HttpHead head;
  final Peer peer;
  private @Nullable Sink sink;
  private @Nullable Source source;
  private @Nullable List<byte[]> early;
  private @Nullable Runnable whenGathered;
  private int toGather;

  /** Bytes of the body that the peer may replace already although nobody has used them up. */
  private int prepaid;

  private boolean discarding;
  private boolean ended;
  private @Nullable IOException failure;
  private long received;
  private int buffered;
  private int unwritten;
  private final long begun = System.nanoTime();
  private long lastProgress = begun;

  /** Whether the response has begun. */
  boolean started;

  /** What the request was answered with although its handler might have; 0: it was not. */
  int refusal;

  ServerStream(Channel channel, HttpHead head, Peer peer) {
    this.channel = channel;
    this.head = head;
    this.peer = peer;
    head.bodies(this);
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

  /** Writes and flushes a part of the response body; {@link #written} follows. */
  abstract void writeBody(ByteBuf data, boolean last);

  /** Asks the peer for the body if it waits to be asked. */
  abstract void sendContinue();

  /** The peer may send so many bytes more. */
  abstract void widen(int bytes);

  /** Breaks the response off. */
  abstract void reset();

  /** No handler has seen the request and none will; says so where the protocol can. */
  abstract void unprocessed();

  /** After the response: whatever is left of the request is of no interest. */
  abstract void responseDone();

  /** The peer owed something for too long: answers 408 if there is no answer yet, and ends it. */
  abstract void giveUp();

  /** Says where the body goes; what has arrived goes there at once. */
  final void attach(Sink to, Source from) {
    sink = to;
    source = from;
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

  /**
   * Runs a task once the whole request has arrived, or as much of it as is kept here, or the peer
   * is gone. Until then what arrives counts against no window.
   */
  final void gather(Runnable then) {
    gather(GATHERED, then);
  }

  private void gather(int bytes, Runnable then) {
    if (ended || failure != null || buffered >= bytes) {
      then.run();
      return;
    }
    toGather = bytes;
    whenGathered = then;
    sendContinue();
    prepay(buffered - prepaid);
  }

  /**
   * While the request is being admitted, on whatever thread that goes on. Keeps the limit and one
   * more read at most.
   */
  @Override
  public final CompletionStage<BodyStart> start(int limit) {
    CompletableFuture<BodyStart> found = new CompletableFuture<>();
    Runnable look = () -> gather(limit + 1, () -> complete(found, limit));
    if (channel.eventLoop().inEventLoop()) {
      look.run();
    } else {
      channel.eventLoop().execute(look);
    }
    return found;
  }

  private void complete(CompletableFuture<BodyStart> found, int limit) {
    if (failure != null) {
      found.completeExceptionally(failure);
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.min(buffered, limit));
    for (byte[] part : early == null ? List.<byte[]>of() : early) {
      bytes.put(part, 0, Math.min(part.length, bytes.remaining()));
    }
    found.complete(new BodyStart(bytes.flip(), buffered <= limit));
  }

  private void prepay(int bytes) {
    prepaid += bytes;
    widen(bytes);
  }

  private void gathered() {
    Runnable then = whenGathered;
    if (then != null) {
      whenGathered = null;
      then.run();
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

  /** Bytes of the request's body were used up. */
  final void consumed(int bytes) {
    buffered -= bytes;
    int paid = Math.min(bytes, prepaid);
    prepaid -= paid;
    widen(bytes - paid);
  }

  /** Bytes of the request's body that nobody has used up and that count against its window. */
  final int buffered() {
    return buffered - prepaid;
  }

  /** Bytes of the request's body so far. */
  final long bytesReceived() {
    return received;
  }

  /** Whether the request has arrived as a whole. */
  final boolean received() {
    return ended;
  }

  final void data(byte[] part) {
    lastProgress = System.nanoTime();
    received += part.length;
    buffered += part.length;
    if (discarding) {
      consumed(part.length);
    } else if (sink != null) {
      sink.data(part);
    } else {
      if (early == null) {
        early = new ArrayList<>();
      }
      early.add(part);
      if (whenGathered != null) {
        prepay(part.length);
        if (buffered >= toGather) {
          gathered();
        }
      }
    }
  }

  final void end() {
    ended = true;
    gathered();
    if (sink != null) {
      sink.end();
    }
  }

  final void broken(IOException cause) {
    if (failure == null) {
      failure = cause;
      gathered();
      if (sink != null) {
        sink.broken(cause);
      }
    }
  }

  /** Whether the peer is gone. */
  final boolean isBroken() {
    return failure != null;
  }

  /** Bytes of the response are on their way. */
  final void writing(int bytes) {
    if (unwritten == 0) {
      lastProgress = System.nanoTime();
    }
    unwritten += bytes;
  }

  /** Bytes of the response have left, or never will. */
  final void written(int bytes, boolean ok) {
    unwritten -= bytes;
    lastProgress = System.nanoTime();
    if (source != null) {
      source.written(bytes, ok);
    }
  }

  /**
   * Whether the peer holds this request up for too long: it neither takes the response nor, though
   * there is room, sends the body it began; or has not sent the whole request yet.
   *
   * @param window bytes of a request body that may be buffered unread
   */
  final boolean overdue(long now, ConnectionLimits limits, int window) {
    boolean waiting = unwritten > 0 || (!ended && buffered() < window);
    return (waiting && now - lastProgress > limits.stall())
        || (!ended && !started && now - begun > limits.request());
  }

  final InetSocketAddress localAddress() {
    return (InetSocketAddress) channel.localAddress();
  }
}
