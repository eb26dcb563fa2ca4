package io.inmesh.probe;

import io.inmesh.balance.ProbeAnswer;
import io.inmesh.balance.ProbeTarget;
import io.inmesh.balance.Prober;
import io.inmesh.identity.Standing;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.TlsPolicy;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The connection on which one endpoint is probed, which is made anew when it is gone, when it may
 * not be used again or when keys or trust have changed, and which ends with the certificates it was
 * made with. {@link #ask} and {@link #close} are called on the control loop, everything else
 * happens on the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class ProbeConnection implements Prober.Session {
  /** The last handler; what dialogues need goes before it. */
  static final String LIFE = "life";

  private final NetworkProber prober;
  private final ProbeTarget target;
  private final Dialogue dialogue;
  private final EventLoop events;

  // Confined to the event loop.
  private @Nullable Channel channel;
  private @Nullable TlsGeneration madeWith;
  private @Nullable Consumer<ProbeAnswer> asked;

  /** Whether the probe goes over a connection that served before, and may just have ended. */
  private boolean again;

  ProbeConnection(NetworkProber prober, ProbeTarget target, EventLoop events) {
    this.prober = prober;
    this.target = target;
    this.events = events;
    this.dialogue = Dialogue.of(target);
  }

  @Override
  public void ask(Consumer<ProbeAnswer> answered) {
    TlsPolicy policy = target.tls();
    TlsGeneration generation = policy == null ? null : prober.tls.client(policy);
    if (policy != null && generation == null) {
      prober.loop.execute(
          () -> answered.accept(ProbeAnswer.failed("this process has no identity yet")));
      return;
    }
    InetSocketAddress address = prober.resolved.apply(target.address());
    events.execute(() -> begin(address, generation, answered));
  }

  @Override
  public void close() {
    events.execute(
        () -> {
          asked = null;
          drop();
        });
  }

  private void begin(
      InetSocketAddress address,
      @Nullable TlsGeneration generation,
      Consumer<ProbeAnswer> answered) {
    asked = answered;
    Channel open = channel;
    if (open != null && open.isActive() && Objects.equals(generation, madeWith)) {
      again = true;
      dialogue.begin(open, this);
    } else {
      drop();
      connect(address, generation);
    }
  }

  private void connect(InetSocketAddress address, @Nullable TlsGeneration generation) {
    again = false;
    madeWith = generation;
    ChannelFuture connect =
        new Bootstrap()
            .group(events)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the probe's timeout is the limit
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel made) {
                    if (generation != null) {
                      made.pipeline()
                          .addLast(
                              new SslHandler(
                                  prober.contexts.engine(
                                      generation, target.address(), dialogue.protocol())));
                    }
                    made.pipeline().addLast(LIFE, new Life(made, generation));
                  }
                })
            .connect(address);
    Channel made = connect.channel();
    channel = made;
    connect.addListener(
        result -> {
          if (!result.isSuccess()) {
            lost(made, String.valueOf(result.cause().getMessage()));
          } else if (generation == null) {
            established(made);
          }
        });
  }

  @SuppressWarnings("ReferenceEquality") // this very channel
  private void established(Channel made) {
    if (made == channel) {
      dialogue.prepare(made);
      dialogue.begin(made, this);
    }
  }

  /** The connection has failed or ended; what was asked on one that served before is asked anew. */
  @SuppressWarnings("ReferenceEquality") // this very channel
  void lost(Channel ended, String why) {
    if (ended != channel) {
      return;
    }
    drop();
    Consumer<ProbeAnswer> waiting = asked;
    if (waiting != null && again) {
      connect(prober.resolved.apply(target.address()), madeWith);
    } else {
      answer(ProbeAnswer.failed(why));
    }
  }

  /**
   * The peer has answered.
   *
   * @param reusable whether the connection may serve again
   */
  void answered(ProbeAnswer answer, boolean reusable) {
    if (!reusable || !target.reuseConnection()) {
      drop();
    }
    answer(answer);
  }

  private void answer(ProbeAnswer answer) {
    Consumer<ProbeAnswer> waiting = asked;
    asked = null;
    if (waiting != null) {
      prober.loop.execute(() -> waiting.accept(answer));
    }
  }

  private void drop() {
    Channel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }

  /** Watches the connection itself. */
  private final class Life extends ChannelInboundHandlerAdapter {
    private final Channel mine;
    private final @Nullable TlsGeneration generation;
    private @Nullable Future<?> end;

    Life(Channel mine, @Nullable TlsGeneration generation) {
      this.mine = mine;
      this.generation = generation;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake && generation != null) {
        if (handshake.isSuccess()) {
          secured(context, generation);
        } else {
          lost(mine, "TLS: " + handshake.cause().getMessage());
        }
      }
      context.fireUserEventTriggered(event);
    }

    private void secured(ChannelHandlerContext context, TlsGeneration with) {
      SSLSession session = context.pipeline().get(SslHandler.class).engine().getSession();
      try {
        var unused = with.peer(session);
      } catch (SSLPeerUnverifiedException stranger) {
        lost(mine, "TLS: " + stranger.getMessage());
        return;
      }
      long left = Standing.of(session).leftNanos();
      if (left != Long.MAX_VALUE) {
        end =
            context
                .executor()
                .schedule(() -> lost(mine, "a certificate has ended"), left, TimeUnit.NANOSECONDS);
      }
      established(mine);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (end != null) {
        end.cancel(false);
      }
      lost(mine, "the connection was closed");
      context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      lost(mine, String.valueOf(cause.getMessage()));
    }
  }
}
