package io.inmesh.probe;

import io.inmesh.balance.ProbeTarget;
import io.inmesh.balance.Prober;
import io.inmesh.control.ControlLoop;
import io.inmesh.identity.TlsMaterial;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Probes over sockets, on one thread that begins with the first probe. Confined to the control
 * loop, where answers come back to.
 */
public final class NetworkProber implements Prober, AutoCloseable {
  final ControlLoop loop;

  /** What connections are secured with. */
  final TlsMaterial tls;

  /** Where they lead now. */
  final UnaryOperator<InetSocketAddress> resolved;

  final ProbeTls contexts = new ProbeTls();
  private @Nullable EventLoopGroup events;

  /**
   * A prober without connections.
   *
   * @param tls what connections are secured with
   * @param resolved where those lead that are opened now
   */
  public NetworkProber(
      ControlLoop loop, TlsMaterial tls, UnaryOperator<InetSocketAddress> resolved) {
    this.loop = loop;
    this.tls = tls;
    this.resolved = resolved;
  }

  @Override
  public Session open(ProbeTarget target) {
    EventLoopGroup running = events;
    if (running == null) {
      running =
          new MultiThreadIoEventLoopGroup(
              1, new DefaultThreadFactory("inmesh-probe", true), NioIoHandler.newFactory());
      events = running;
    }
    return new ProbeConnection(this, target, running.next());
  }

  /** Ends all connections. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // its end is not awaited
  public void close() {
    if (events != null) {
      events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
