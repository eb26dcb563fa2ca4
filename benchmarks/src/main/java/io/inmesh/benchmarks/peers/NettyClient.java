package io.inmesh.benchmarks.peers;

import io.inmesh.benchmarks.load.Client;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Netty's own HTTP/1.1 client with the least that can be called one: one loop, and idle connections
 * in a stack that only this loop touches.
 */
public final class NettyClient implements Client.Factory {
  private static final int MAX_BYTES = 1 << 20;

  @Override
  public Client create(Client.Settings settings) {
    return new Pool(settings.target());
  }

  private static final class Pool implements Client {
    private final EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = loops.next();
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final Deque<Completion> waiting = new ArrayDeque<>();
    private int connections;
    private final Bootstrap bootstrap = new Bootstrap().group(loop).channel(NioSocketChannel.class);
    private final String host;
    private final int port;

    Pool(String target) {
      int colon = target.lastIndexOf(':');
      host = target.substring(0, colon);
      port = Integer.parseInt(target.substring(colon + 1));
    }

    @Override
    public void send(Completion completion) {
      loop.execute(() -> sendOnLoop(completion));
    }

    private void sendOnLoop(Completion completion) {
      Connection connection = idle.pollFirst();
      if (connection != null) {
        connection.send(completion);
        return;
      }
      if (connections == Client.CONNECTIONS) {
        waiting.add(completion);
        return;
      }
      connections++;
      Connection opened = new Connection(this);
      bootstrap
          .clone()
          .handler(
              new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                  channel
                      .pipeline()
                      .addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_BYTES), opened);
                }
              })
          .connect(host, port)
          .addListener(
              connected -> {
                if (connected.isSuccess()) {
                  opened.send(completion);
                } else {
                  connections--;
                  completion.failed(connected.cause());
                }
              });
    }

    private void free(Connection connection) {
      Completion next = waiting.poll();
      if (next == null) {
        idle.addFirst(connection);
      } else {
        connection.send(next);
      }
    }

    @Override
    public void close() {
      var unused = loops.shutdownGracefully();
    }
  }

  /** Confined to the loop. */
  private static final class Connection extends SimpleChannelInboundHandler<FullHttpResponse> {
    private final Pool pool;
    private @Nullable ChannelHandlerContext context;
    private Client.@Nullable Completion waiting;

    Connection(Pool pool) {
      this.pool = pool;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
    }

    void send(Client.Completion completion) {
      waiting = completion;
      FullHttpRequest request =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/api/items/42");
      request
          .headers()
          .set(HttpHeaderNames.HOST, pool.host)
          .set(HttpHeaderNames.ACCEPT, "application/json");
      if (context != null) {
        var unused = context.writeAndFlush(request, context.voidPromise());
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext from, FullHttpResponse response) {
      ByteBuf content = response.content();
      byte[] body = ByteBufUtil.getBytes(content); // as every other client hands it out
      finish(response.status().equals(HttpResponseStatus.OK) && body.length > 0);
      pool.free(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
      pool.idle.remove(this);
      pool.connections--;
      finish(false);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
      var unused = from.close();
    }

    private void finish(boolean ok) {
      Client.Completion completion = waiting;
      waiting = null;
      if (completion != null) {
        completion.done(ok);
      }
    }
  }
}
