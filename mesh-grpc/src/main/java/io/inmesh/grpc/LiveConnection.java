package io.inmesh.grpc;

import io.inmesh.identity.Standing;
import io.inmesh.identity.TlsGeneration;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * An established connection, which may have to end before its peers want it to: because material,
 * trust or mode have changed, or because the peer's certificate ends. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a connection that is gone needs no closing
final class LiveConnection {
  private final Channel channel;

  /** What it was secured with; null: plaintext. */
  final @Nullable TlsGeneration generation;

  /** Of the handshake; null: plaintext. */
  final @Nullable SSLSession session;

  // On the channel's event loop.
  private boolean draining;
  private @Nullable Future<?> end;

  LiveConnection(
      Channel channel, @Nullable TlsGeneration generation, @Nullable SSLSession session) {
    this.channel = channel;
    this.generation = generation;
    this.session = session;
  }

  /**
   * Does what its standing asks for.
   *
   * @param goAway whether to tell the peer that no further calls are taken; clients just send none
   */
  void apply(Standing standing, boolean goAway) {
    // Later, for one that was just established: only then can HTTP/2 say GOAWAY.
    channel.eventLoop().execute(() -> obey(standing, goAway));
  }

  private void obey(Standing standing, boolean goAway) {
    if (end != null) {
      end.cancel(false);
      end = null;
    }
    if (standing.leftNanos() <= 0) {
      breakOff();
      return;
    }
    if (!standing.open() && goAway && !draining) {
      draining = true;
      channel.close(); // grpc-netty says GOAWAY, then waits for the streams there are
    }
    if (standing.leftNanos() != Long.MAX_VALUE && channel.isOpen()) {
      end =
          channel.eventLoop().schedule(this::breakOff, standing.leftNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void breakOff() {
    cut(channel);
  }

  /** Closes below grpc-netty, which would wait for its streams. */
  static void cut(Channel channel) {
    ChannelHandlerContext first = channel.pipeline().firstContext();
    if (first != null) {
      first.close();
    }
  }

  /** Runs a task when the connection has ended. */
  void whenClosed(Runnable task) {
    channel
        .closeFuture()
        .addListener(
            closed -> {
              if (end != null) {
                end.cancel(false);
              }
              task.run();
            });
  }
}
