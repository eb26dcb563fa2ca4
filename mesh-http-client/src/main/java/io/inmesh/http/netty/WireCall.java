package io.inmesh.http.netty;

import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.model.ConnectionPolicy;
import io.netty.handler.codec.http2.Http2Stream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One request on one connection, and the waiter for it in a pool. Its home loop is where the owner
 * lives: commands are given and events arrive there, whatever loop the connection is on; in the
 * common case they are the same and nothing is handed over.
 *
 * <p>Order: {@link #open}; {@code onWaiting} if no connection is free; {@code onGranted}; {@link
 * #start}; {@code onContinue}*, {@code onHead}, {@code onData}*, {@code onEnd}. {@code onFailed}
 * may come instead of any of them and is, like {@code onEnd}, the last. After {@link #reset}
 * nothing comes.
 */
public abstract class WireCall {
  private final IoLoop home;
  private IoLoop loop;
  private boolean remote;
  private boolean reset;
  private volatile boolean http2;

  // The rest is confined to the connection's loop.
  boolean over;
  long connectTimeoutNanos;
  ConnectionPolicy policy = ConnectionPolicy.DEFAULT;
  @Nullable EndpointPool waitingIn;
  @Nullable ClientConnection connection;
  @Nullable Http2Stream stream;

  /** A call whose owner lives on a loop. */
  protected WireCall(IoLoop home) {
    this.home = home;
    this.loop = home;
  }

  /** No connection is free: it waits for one, unless it is {@link #reset}. */
  protected abstract void onWaiting();

  /**
   * Asks for the right to open one more connection; null: there is none. On the connection's loop.
   */
  protected abstract @Nullable ConnectionPermit permit();

  /** A connection is there; answer with {@link #start} (now or later) or {@link #reset}. */
  protected abstract void onGranted();

  /** The peer wants the body (100 Continue). */
  protected abstract void onContinue();

  /** Earlier {@link #write}s reached the socket. */
  protected abstract void onWritten(int bytes);

  /** The final response head; a body may follow, {@link #onEnd} always does. */
  protected abstract void onHead(ResponseFields head);

  /** A part of the body, a private copy. */
  protected abstract void onData(ByteBuffer data);

  /** The response is complete. */
  protected abstract void onEnd(@Nullable Fields trailers);

  /** There will be no (complete) response. */
  protected abstract void onFailed(Failure failure, Throwable cause);

  /**
   * Asks for a connection.
   *
   * @param tls null: plaintext
   * @param connectTimeoutNanos for connecting, TLS handshake and HTTP/2 settings together
   * @param policy for connections to the address; where several are given, the newest counts
   */
  public final void open(
      InetSocketAddress address,
      @Nullable TlsGeneration tls,
      Protocol protocol,
      long connectTimeoutNanos,
      ConnectionPolicy policy) {
    this.connectTimeoutNanos = connectTimeoutNanos;
    this.policy = policy;
    loop = home.transport.loopOf(address);
    remote = loop != home;
    PoolKey key = new PoolKey(address, tls, protocol);
    if (remote) {
      loop.execute(() -> loop.pool(key).acquire(this));
    } else {
      loop.pool(key).acquire(this);
    }
  }

  /** After {@link #open}: has a connection to another address made, unless one is free there. */
  public final void prepare(
      InetSocketAddress address, @Nullable TlsGeneration tls, Protocol protocol) {
    IoLoop there = home.transport.loopOf(address);
    PoolKey key = new PoolKey(address, tls, protocol);
    there.execute(() -> there.pool(key).prepare(this));
  }

  /**
   * Sends the head.
   *
   * @param length of the body in bytes; -1: not known
   * @param body whether {@link #write} follows; else the request ends here
   */
  public final void start(HttpHead head, long length, boolean body) {
    if (remote) {
      HttpHead snapshot = head.copy();
      loop.execute(() -> startNow(snapshot, length, body));
    } else {
      startNow(head, length, body);
    }
  }

  /** Whether the connection speaks HTTP/2; false before there is one. */
  public final boolean http2() {
    return http2;
  }

  private void startNow(HttpHead head, long length, boolean body) {
    if (!over && connection != null) {
      connection.start(this, head, length, body);
    }
  }

  /**
   * Sends a part of the body; {@link #onWritten} follows. The buffer is not copied and must not
   * change.
   */
  public final void write(ByteBuffer data, boolean last) {
    if (remote) {
      loop.execute(() -> writeNow(data, last));
    } else {
      writeNow(data, last);
    }
  }

  private void writeNow(ByteBuffer data, boolean last) {
    if (!over && connection != null) {
      connection.write(this, data, last);
    }
  }

  /** Bytes of {@link #onData} were used up; as many more may be read. */
  public final void consumed(int bytes) {
    if (remote) {
      loop.execute(() -> consumedNow(bytes));
    } else {
      consumedNow(bytes);
    }
  }

  private void consumedNow(int bytes) {
    if (!over && connection != null) {
      connection.consumed(this, bytes);
    }
  }

  /** Gives up; at any time, also before a connection is there. */
  public final void reset() {
    reset = true;
    if (remote) {
      loop.execute(this::resetNow);
    } else {
      resetNow();
    }
  }

  private void resetNow() {
    if (over) {
      return;
    }
    over = true;
    if (waitingIn != null) {
      waitingIn.forget(this);
      waitingIn = null;
    } else if (connection != null) {
      connection.abandon(this);
      connection = null;
    }
  }

  final void waiting(EndpointPool in) {
    waitingIn = in;
    if (remote) {
      report(this::onWaiting);
    } else {
      onWaiting();
    }
  }

  final void granted(ClientConnection by) {
    connection = by;
    waitingIn = null;
    http2 = !by.exclusive();
    if (remote) {
      report(this::onGranted);
    } else {
      onGranted();
    }
  }

  final void continued() {
    if (over) {
      return;
    }
    if (remote) {
      report(this::onContinue);
    } else {
      onContinue();
    }
  }

  final void written(int bytes) {
    if (over) {
      return;
    }
    if (remote) {
      report(() -> onWritten(bytes));
    } else {
      onWritten(bytes);
    }
  }

  final void head(ResponseFields head) {
    if (over) {
      return;
    }
    if (remote) {
      report(() -> onHead(head));
    } else {
      onHead(head);
    }
  }

  final void data(ByteBuffer data) {
    if (over) {
      return;
    }
    if (remote) {
      report(() -> onData(data));
    } else {
      onData(data);
    }
  }

  final void ended(@Nullable Fields trailers) {
    if (over) {
      return;
    }
    over = true;
    connection = null;
    if (remote) {
      report(() -> onEnd(trailers));
    } else {
      onEnd(trailers);
    }
  }

  final void failed(Failure failure, Throwable cause) {
    if (over) {
      return;
    }
    over = true;
    connection = null;
    waitingIn = null;
    if (remote) {
      report(() -> onFailed(failure, cause));
    } else {
      onFailed(failure, cause);
    }
  }

  private void report(Runnable event) {
    try {
      home.execute(
          () -> {
            if (!reset) {
              event.run();
            }
          });
    } catch (RejectedExecutionException ended) {
      // All clients of this process are closed, and nobody waits for the call any more.
    }
  }
}
