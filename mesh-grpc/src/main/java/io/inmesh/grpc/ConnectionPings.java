package io.inmesh.grpc;

import io.grpc.Status;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.inmesh.model.ConnectionPolicy.Ping;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 keep-alive of one client connection, as its cluster says: gRPC has one setting for a whole
 * channel. Also reads how many streams the peer allows. Confined to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a connection that is gone needs no ping
final class ConnectionPings extends Http2FrameListenerDecorator {
  /** Tells these from gRPC's own, which it measures its windows with. */
  private static final long PAYLOAD = 0x696e_6d65_7368L;

  private final GrpcHttp2ConnectionHandler grpc;
  private final @Nullable Ping ping;
  private final StreamSlots slots;
  private boolean started;
  private Future<?> timer = ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);

  private ConnectionPings(GrpcHttp2ConnectionHandler grpc, @Nullable Ping ping, StreamSlots slots) {
    super(grpc.decoder().frameListener());
    this.grpc = grpc;
    this.ping = ping;
    this.slots = slots;
  }

  /**
   * Installs it, before the connection is made.
   *
   * @param ping null: none
   */
  static void install(GrpcHttp2ConnectionHandler grpc, @Nullable Ping ping, StreamSlots slots) {
    grpc.decoder().frameListener(new ConnectionPings(grpc, ping, slots));
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
      throws Http2Exception {
    Long streams = settings.maxConcurrentStreams();
    if (streams != null) {
      slots.allow(streams);
    }
    super.onSettingsRead(context, settings);
    if (ping != null && !started) {
      started = true;
      context.channel().closeFuture().addListener(closed -> timer.cancel(false));
      sendLater(context, ping);
    }
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext context, long data) throws Http2Exception {
    if (data != PAYLOAD || ping == null) {
      super.onPingAckRead(context, data);
    } else if (context.channel().isActive()) {
      timer.cancel(false);
      sendLater(context, ping);
    }
  }

  private void sendLater(ChannelHandlerContext context, Ping settings) {
    timer = later(context, settings.interval(), () -> send(context, settings));
  }

  private void send(ChannelHandlerContext context, Ping settings) {
    grpc.encoder().writePing(context, false, PAYLOAD, context.newPromise());
    grpc.flush(context);
    timer = later(context, settings.timeout(), () -> unanswered(context, settings));
  }

  private static void unanswered(ChannelHandlerContext context, Ping settings) {
    context
        .pipeline()
        .fireExceptionCaught(
            Status.UNAVAILABLE
                .withDescription("the peer has not answered a ping within " + settings.timeout())
                .asRuntimeException());
    LiveConnection.cut(context.channel()); // gRPC waits until its farewell is written
  }

  private static Future<?> later(ChannelHandlerContext context, Duration delay, Runnable task) {
    return context.channel().eventLoop().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }
}
