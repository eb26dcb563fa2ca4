package io.inmesh.grpc;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** An HTTP/2 server that misbehaves as told, frame by frame. */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails shows at the client
final class RawServer implements AutoCloseable {
  final AtomicInteger streams = new AtomicInteger();
  final AtomicInteger pings = new AtomicInteger();
  private final List<Channel> connections = new CopyOnWriteArrayList<>();
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel listener;

  /** Further connections are closed at once. */
  volatile int mostConnections = Integer.MAX_VALUE;

  /** A server that reacts to the head of each request. */
  RawServer(BiConsumer<ChannelHandlerContext, Http2FrameStream> reaction) {
    this(reaction, Http2Settings.defaultSettings());
  }

  RawServer(BiConsumer<ChannelHandlerContext, Http2FrameStream> reaction, Http2Settings settings) {
    this(reaction, settings, true);
  }

  RawServer(
      BiConsumer<ChannelHandlerContext, Http2FrameStream> reaction,
      Http2Settings settings,
      boolean answersPings) {
    listener =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.add(channel);
                    if (connections.size() > mostConnections) {
                      channel.close();
                      return;
                    }
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer()
                                .initialSettings(settings)
                                .autoAckPingFrame(answersPings)
                                .build(),
                            new Handler(reaction));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  static BiConsumer<ChannelHandlerContext, Http2FrameStream> reset(long code) {
    return (context, stream) ->
        context.writeAndFlush(new DefaultHttp2ResetFrame(code).stream(stream));
  }

  /** Says that it processed none of the streams, and closes. */
  static BiConsumer<ChannelHandlerContext, Http2FrameStream> goAway(long code) {
    return (context, stream) -> {
      ChannelHandlerContext codecContext = context.pipeline().context(Http2FrameCodec.class);
      Http2FrameCodec codec = (Http2FrameCodec) codecContext.handler();
      codec
          .goAway(codecContext, 1, code, Unpooled.EMPTY_BUFFER, codecContext.newPromise())
          .addListener(done -> context.close());
      codecContext.flush();
    };
  }

  static BiConsumer<ChannelHandlerContext, Http2FrameStream> drop() {
    return (context, stream) -> context.close();
  }

  /** Answers like a proxy that does not speak gRPC. */
  static BiConsumer<ChannelHandlerContext, Http2FrameStream> status(int code) {
    return (context, stream) ->
        context.writeAndFlush(
            new DefaultHttp2HeadersFrame(
                    new DefaultHttp2Headers()
                        .status(Integer.toString(code))
                        .add("content-type", "text/plain"),
                    true)
                .stream(stream));
  }

  int connections() {
    return connections.size();
  }

  void closeConnections() {
    connections.forEach(Channel::close);
  }

  @Override
  public void close() {
    listener.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Handler extends ChannelInboundHandlerAdapter {
    private final BiConsumer<ChannelHandlerContext, Http2FrameStream> reaction;

    Handler(BiConsumer<ChannelHandlerContext, Http2FrameStream> reaction) {
      this.reaction = reaction;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof Http2HeadersFrame head && head.stream() != null) {
          streams.incrementAndGet();
          reaction.accept(context, head.stream());
        } else if (message instanceof Http2PingFrame ping && !ping.ack()) {
          pings.incrementAndGet();
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
