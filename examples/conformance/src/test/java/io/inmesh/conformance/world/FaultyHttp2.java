package io.inmesh.conformance.world;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@link FaultyServer} of HTTP/2 and gRPC. */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails shows at the caller
final class FaultyHttp2 extends FaultyServer {
  /** What begins a frame of 32 bytes of headers, for the first stream of a connection. */
  private static final byte[] PART_OF_HEADERS = {0, 0, 32, 1, 4, 0, 0, 0, 3, (byte) 0x88};

  private final boolean grpc;
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel listening;

  FaultyHttp2(Fault fault, boolean grpc) {
    super(fault);
    this.grpc = grpc;
    listening =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (fails(Fault.BEFORE_HEAD)) {
                      reset(channel);
                    } else {
                      channel
                          .pipeline()
                          .addLast(Http2FrameCodecBuilder.forServer().build(), new Requests());
                    }
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  private static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    end(channel);
  }

  /** Past the codec, which would let streams finish. */
  private static void end(Channel channel) {
    channel.pipeline().firstContext().close();
  }

  private final class Requests extends ChannelInboundHandlerAdapter {
    /** Streams of which nothing more is read. */
    private final Set<Http2FrameStream> dropped = new HashSet<>();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof Http2HeadersFrame head && head.stream() != null) {
          if (!begun(context, head.stream())) {
            dropped.add(head.stream());
          } else if (head.isEndStream()) {
            complete(context, head.stream());
          }
        } else if (message instanceof Http2DataFrame data
            && data.isEndStream()
            && !dropped.contains(data.stream())) {
          complete(context, data.stream());
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    /** Whether the rest of the request is waited for. */
    private boolean begun(ChannelHandlerContext context, Http2FrameStream stream) {
      if (fails(Fault.IN_HEAD) || fails(Fault.IN_BODY)) {
        reset(context.channel());
      } else if (fails(Fault.GOAWAY)) {
        goAway(context);
      } else if (fails(Fault.REFUSED_STREAM)) {
        resetStream(context, stream, Http2Error.REFUSED_STREAM);
      } else if (fails(Fault.RESET_STREAM)) {
        resetStream(context, stream, Http2Error.CANCEL);
      } else {
        return true;
      }
      return false;
    }

    private static void goAway(ChannelHandlerContext context) {
      ChannelHandlerContext codecContext = context.pipeline().context(Http2FrameCodec.class);
      Http2FrameCodec codec = (Http2FrameCodec) codecContext.handler();
      codec
          .goAway(
              codecContext,
              1,
              Http2Error.NO_ERROR.code(),
              Unpooled.EMPTY_BUFFER,
              codecContext.newPromise())
          .addListener(done -> end(context.channel()));
      codecContext.flush();
    }

    private static void resetStream(
        ChannelHandlerContext context, Http2FrameStream stream, Http2Error why) {
      context.writeAndFlush(new DefaultHttp2ResetFrame(why).stream(stream));
    }

    private void complete(ChannelHandlerContext context, Http2FrameStream stream) {
      execute();
      if (fails(Fault.BEFORE_RESPONSE)) {
        reset(context.channel());
      } else if (fails(Fault.RESET_STREAM_LATE)) {
        resetStream(context, stream, Http2Error.CANCEL);
      } else if (fails(Fault.IN_RESPONSE_HEAD)) {
        context
            .pipeline()
            .firstContext()
            .writeAndFlush(Unpooled.wrappedBuffer(PART_OF_HEADERS))
            .addListener(done -> end(context.channel()));
      } else if (fails(Fault.IN_RESPONSE_BODY)) {
        head(context, stream, 200);
        data(context, stream, false).addListener(done -> end(context.channel()));
      } else if (fails(Fault.UNAVAILABLE)) {
        unavailable(context, stream, false);
      } else if (fails(Fault.OVERLOADED)) {
        unavailable(context, stream, true);
      } else if (!fails(Fault.SILENCE)) {
        head(context, stream, 200);
        data(context, stream, !grpc);
        if (grpc) {
          Http2Headers trailers = new DefaultHttp2Headers().add("grpc-status", "0");
          context.writeAndFlush(new DefaultHttp2HeadersFrame(trailers, true).stream(stream));
        }
      }
    }

    private void unavailable(
        ChannelHandlerContext context, Http2FrameStream stream, boolean overloaded) {
      Http2Headers headers = headers(grpc ? 200 : 503);
      if (grpc) {
        headers.add("grpc-status", "14");
      }
      if (overloaded) {
        headers.add("x-envoy-overloaded", "true");
      }
      context.writeAndFlush(new DefaultHttp2HeadersFrame(headers, true).stream(stream));
    }

    private void head(ChannelHandlerContext context, Http2FrameStream stream, int status) {
      context.write(new DefaultHttp2HeadersFrame(headers(status), false).stream(stream));
    }

    private Http2Headers headers(int status) {
      return new DefaultHttp2Headers()
          .status(Integer.toString(status))
          .add("content-type", grpc ? "application/grpc" : "text/plain");
    }

    private io.netty.channel.ChannelFuture data(
        ChannelHandlerContext context, Http2FrameStream stream, boolean end) {
      byte[] payload = Bytes.payload();
      ByteBuf data = Unpooled.buffer();
      if (grpc) {
        data.writeByte(0).writeInt(payload.length);
      }
      data.writeBytes(payload);
      return context.writeAndFlush(new DefaultHttp2DataFrame(data, end).stream(stream));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  @Override
  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  @Override
  public void kill() {
    listening.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
