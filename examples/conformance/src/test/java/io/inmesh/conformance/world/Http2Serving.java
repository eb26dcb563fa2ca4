package io.inmesh.conformance.world;

import io.inmesh.call.MeshHeaders;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves HTTP/2 without knowing of a mesh: answers that gRPC callers and HTTP callers understand
 * alike, one empty message or an HTTP status.
 */
final class Http2Serving implements Serving {
  /** Not compressed, no bytes. */
  private static final byte[] EMPTY_MESSAGE = new byte[5];

  private final Instance instance;
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Channel server;

  Http2Serving(Instance instance) {
    this.instance = instance;
    server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                initializer(
                    () -> Http2FrameCodecBuilder.forServer().build(),
                    () -> new Http2MultiplexHandler(initializer(Stream::new))))
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
  }

  @SafeVarargs
  private static ChannelHandler initializer(Supplier<ChannelHandler>... handlers) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        for (Supplier<ChannelHandler> handler : handlers) {
          channel.pipeline().addLast(handler.get());
        }
      }
    };
  }

  @Override
  public int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  @Override
  public void stop(int seconds) {
    kill();
  }

  @Override
  public void kill() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    threads.shutdownNow();
  }

  /** One call. */
  private final class Stream extends SimpleChannelInboundHandler<Http2StreamFrame> {
    private @Nullable Http2Headers head;

    @Override
    protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
      boolean last = false;
      if (frame instanceof Http2HeadersFrame headers) {
        head = head == null ? headers.headers() : head;
        last = headers.isEndStream();
      } else if (frame instanceof Http2DataFrame data) {
        last = data.isEndStream();
      }
      Http2Headers request = head;
      if (last && request != null) {
        threads.execute(() -> answer(context, request));
      }
    }

    private void answer(ChannelHandlerContext context, Http2Headers request) {
      Map<String, String> fields = new TreeMap<>();
      request.forEach(field -> fields.put(field.getKey().toString(), field.getValue().toString()));
      Reply reply;
      try {
        reply =
            instance.treat(
                new Seen(
                    String.valueOf(request.method()),
                    String.valueOf(request.path()),
                    String.valueOf(request.authority()),
                    fields,
                    Long.MAX_VALUE,
                    "HTTP/2",
                    String.valueOf(context.channel().parent().remoteAddress()),
                    0));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      Http2Headers response = new DefaultHttp2Headers().status(Integer.toString(reply.status()));
      reply.headers().forEach(response::set);
      if (reply.status() != 200) {
        send(context, new DefaultHttp2HeadersFrame(response, true));
        return;
      }
      response.set("content-type", "application/grpc");
      send(context, new DefaultHttp2HeadersFrame(response));
      send(context, new DefaultHttp2DataFrame(Unpooled.copiedBuffer(EMPTY_MESSAGE)));
      Http2Headers trailers = new DefaultHttp2Headers().set("grpc-status", "0");
      String load = reply.headers().get(MeshHeaders.LOAD_METRICS_BIN);
      if (load != null) {
        // HTTP callers look for it in the head, gRPC's in the trailers.
        trailers.set(MeshHeaders.LOAD_METRICS_BIN, load);
      }
      send(context, new DefaultHttp2HeadersFrame(trailers, true));
    }

    private static void send(ChannelHandlerContext context, Http2StreamFrame frame) {
      ChannelFuture unused = context.writeAndFlush(frame);
    }
  }
}
