package io.inmesh.server.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of the admin pages: HTTP/1.1 over TLS, one request of a connection at a time. Whoever
 * is slow holds a connection and no thread, and that for a bounded time; what is too long is
 * refused.
 */
final class AdminPort implements AutoCloseable {
  /**
   * What a peer may take.
   *
   * @param connections at once; more are closed
   * @param request how long one may take to arrive, and how long a connection may idle before it
   * @param response how long the peer may take to read a part of an answer
   */
  record Limits(int connections, Duration request, Duration response) {
    /** 128 connections, 15 s for a request, 30 s for each part of an answer. */
    static final Limits DEFAULTS = new Limits(128, Duration.ofSeconds(15), Duration.ofSeconds(30));
  }

  private static final int MAX_LINE = 8 << 10;
  private static final int MAX_HEADERS = 16 << 10;
  private static final int CHUNK = 8 << 10;

  /** Answers requests, on threads that may block. */
  interface Pages {
    AdminReply answer(AdminRequest request);
  }

  private final EventLoopGroup io =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("inmesh-admin-io", true), NioIoHandler.newFactory());
  private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Limits limits;
  private final Executor executor;
  private final Channel listening;
  private volatile @Nullable Pages pages;
  private volatile @Nullable SSLContext tls;

  private AdminPort(InetSocketAddress address, Limits limits, Executor executor)
      throws IOException {
    this.limits = limits;
    this.executor = executor;
    var bound =
        new ServerBootstrap()
            .group(io)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 128)
            .option(ChannelOption.AUTO_READ, false) // who connects before the start waits
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    accept(channel);
                  }
                })
            .childOption(ChannelOption.AUTO_READ, false)
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var unused = io.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    listening = bound.channel();
  }

  static AdminPort bind(InetSocketAddress address, Limits limits, Executor executor)
      throws IOException {
    return new AdminPort(address, limits, executor);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listening.localAddress();
  }

  /**
   * Begins to answer.
   *
   * @param secured with which certificate; null: in plaintext
   */
  void start(Pages answering, @Nullable SSLContext secured) {
    pages = answering;
    tls = secured;
    listening.config().setAutoRead(true);
  }

  private void accept(SocketChannel channel) {
    if (open.size() >= limits.connections()) {
      var unused = channel.close();
      return;
    }
    open.add(channel);
    SSLContext secured = tls;
    if (secured != null) {
      SSLEngine engine = secured.createSSLEngine();
      engine.setUseClientMode(false);
      channel.pipeline().addLast(new SslHandler(engine));
    }
    channel
        .pipeline()
        .addLast(new WriteTimeoutHandler(limits.response().toMillis(), TimeUnit.MILLISECONDS))
        .addLast(new HttpServerCodec(MAX_LINE, MAX_HEADERS, CHUNK))
        .addLast(new WholeRequests(AdminRequest.MAX_BODY))
        .addLast(new FlowControlHandler(false))
        .addLast(new Connection());
  }

  /** One connection; on its event loop. */
  private final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private @Nullable Future<?> deadline;
    private boolean refused;

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      await(ctx);
    }

    /** The next request must be there in time, however it trickles in. */
    private void await(ChannelHandlerContext ctx) {
      arm(ctx);
      ctx.channel().config().setAutoRead(true);
      ctx.read(); // one that has been decoded already
    }

    private void arm(ChannelHandlerContext ctx) {
      deadline =
          ctx.executor()
              .schedule(() -> close(ctx), limits.request().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest http) {
      if (refused) {
        return;
      }
      AdminReply refusal = HttpReplies.refusal(http);
      if (refusal != null) {
        refuse(ctx, refusal);
        return;
      }
      cancelDeadline();
      ctx.channel().config().setAutoRead(false);
      AdminRequest request =
          AdminRequest.of(http, (InetSocketAddress) ctx.channel().remoteAddress());
      boolean keepAlive = HttpUtil.isKeepAlive(http);
      try {
        executor.execute(() -> answer(ctx, request, keepAlive));
      } catch (RejectedExecutionException e) {
        write(
            ctx,
            false,
            false,
            new AdminException(503, "busy", "", "too many requests wait; try again").reply());
      }
    }

    private void answer(ChannelHandlerContext ctx, AdminRequest request, boolean keepAlive) {
      Pages answering = pages;
      if (answering != null) {
        write(ctx, request.method().equals("HEAD"), keepAlive, answering.answer(request));
      }
    }

    private void write(
        ChannelHandlerContext ctx, boolean head, boolean keepAlive, AdminReply reply) {
      var unused =
          ctx.writeAndFlush(HttpReplies.response(reply, head, keepAlive))
              .addListener(
                  written -> {
                    if (keepAlive && written.isSuccess()) {
                      await(ctx);
                    } else {
                      close(ctx);
                    }
                  });
    }

    /** Reads on until the peer or the deadline ends it: a reset would overtake the answer. */
    private void refuse(ChannelHandlerContext ctx, AdminReply reply) {
      refused = true;
      SocketChannel socket = (SocketChannel) ctx.channel();
      var unused =
          ctx.writeAndFlush(HttpReplies.response(reply, false, false))
              .addListener(
                  written -> {
                    var unusedEnd = socket.shutdownOutput();
                  });
    }

    private void cancelDeadline() {
      if (deadline != null) {
        deadline.cancel(false);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      cancelDeadline();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      close(ctx); // a reset, or a peer that does not read
    }

    private static void close(ChannelHandlerContext ctx) {
      var unused = ctx.close();
    }
  }

  /** For tests. */
  void awaitNoConnections() throws InterruptedException {
    open.newCloseFuture().await();
  }

  @Override
  public void close() {
    listening.close().awaitUninterruptibly();
    open.close().awaitUninterruptibly();
    var unused = io.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }
}
