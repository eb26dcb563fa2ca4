package io.inmesh.grpc;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.inmesh.control.Randomness;
import io.inmesh.model.ServerConnectionPolicy;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection that a server accepted when it is old or nobody has called for long, and tells
 * its peer how many calls it may carry, as the policy of its port says: gRPC has one setting for
 * all connections of a server, for ever. Confined to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a connection that is gone needs no closing
final class ServerLifetime extends Http2ConnectionAdapter {
  private static final Future<?> NONE = ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);

  private final Channel channel;
  private final GrpcHttp2ConnectionHandler grpc;
  private long quietSince = System.nanoTime();
  private Future<?> ageing = NONE;
  private Future<?> idling = NONE;

  private ServerLifetime(Channel channel, GrpcHttp2ConnectionHandler grpc) {
    this.channel = channel;
    this.grpc = grpc;
  }

  /** Watches over a connection that is about to be handed to gRPC; on the event loop. */
  static void begin(
      Channel channel, GrpcHttp2ConnectionHandler grpc, ServerConnectionPolicy policy) {
    new ServerLifetime(channel, grpc).begin(policy);
  }

  private void begin(ServerConnectionPolicy policy) {
    if (policy.maxStreams() > 0) {
      // Behind gRPC's own settings, which say that there is no limit.
      channel.eventLoop().execute(() -> limitStreams(policy.maxStreams()));
    }
    long age = nanos(policy.maxDuration());
    if (age > 0) {
      // A tenth of jitter, so that connections opened together are not renewed together.
      ageing = later((long) (age * (1 - Randomness.SYSTEM.nextDouble() / 10)), this::end);
    }
    long idle = nanos(policy.idleTimeout());
    if (idle > 0) {
      grpc.connection().addListener(this);
      endIfQuiet(idle);
    }
    channel
        .closeFuture()
        .addListener(
            closed -> {
              ageing.cancel(false);
              idling.cancel(false);
            });
  }

  private void limitStreams(int most) {
    ChannelHandlerContext context = channel.pipeline().context(grpc);
    if (context != null) { // else it is closed
      Http2Settings settings = new Http2Settings().maxConcurrentStreams(most);
      grpc.encoder().writeSettings(context, settings, context.newPromise());
      context.flush();
    }
  }

  /** Zero: no limit. */
  private static long nanos(@Nullable Duration time) {
    return time == null ? 0 : TimeUnit.NANOSECONDS.convert(time);
  }

  @Override
  public void onStreamRemoved(Http2Stream stream) {
    quietSince = System.nanoTime();
  }

  private void endIfQuiet(long most) {
    boolean quiet = grpc.connection().numActiveStreams() == 0;
    long left = quiet ? quietSince + most - System.nanoTime() : most;
    if (left <= 0) {
      end();
    } else {
      idling = later(left, () -> endIfQuiet(most));
    }
  }

  private void end() {
    channel.close(); // grpc-netty says GOAWAY, then waits for the streams there are
  }

  private Future<?> later(long nanos, Runnable task) {
    return channel.eventLoop().schedule(task, nanos, TimeUnit.NANOSECONDS);
  }
}
