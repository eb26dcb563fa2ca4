package io.inmesh.http.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.model.ConnectionPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections of a client as it is closed, and its threads. */
@Timeout(60)
class ClientTransportTest {
  /** A call that waits for a connection, and what becomes of it. */
  private static class Waiting extends WireCall {
    final CompletableFuture<Failure> failed = new CompletableFuture<>();

    Waiting(IoLoop home) {
      super(home);
    }

    @Override
    protected void onWaiting() {}

    @Override
    protected @Nullable ConnectionPermit permit() {
      return ConnectionPermit.UNLIMITED;
    }

    @Override
    protected void onGranted() {}

    @Override
    protected void onContinue() {}

    @Override
    protected void onWritten(int bytes) {}

    @Override
    protected void onHead(ResponseFields head) {}

    @Override
    protected void onData(ByteBuffer data) {}

    @Override
    protected void onEnd(@Nullable Fields trailers) {}

    @Override
    protected void onFailed(Failure failure, Throwable cause) {
      failed.complete(failure);
    }
  }

  private static void begin(Waiting call, IoLoop home, InetSocketAddress address) {
    long within = TimeUnit.SECONDS.toNanos(30);
    home.execute(() -> call.open(address, null, Protocol.HTTP2, within, ConnectionPolicy.DEFAULT));
  }

  /** The last one of the process: with it, the loops end. */
  @Test
  void close_tellsCallsThatWaitForAConnectionOfAnotherLoop() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket mute = new ServerSocket(0, 50, loopback)) {
      InetSocketAddress address = (InetSocketAddress) mute.getLocalSocketAddress();
      for (int round = 0; round < 20; round++) {
        ClientTransport transport =
            new ClientTransport(TransportSettings.DEFAULT, UnaryOperator.identity());
        IoLoop there = transport.loopOf(address);
        IoLoop home =
            IntStream.range(1, 10_000)
                .mapToObj(port -> transport.loopOf(new InetSocketAddress(loopback, port)))
                .filter(loop -> loop != there)
                .findFirst()
                .orElse(there); // of a machine with one processor
        Waiting call = new Waiting(home);
        begin(call, home, address);
        Socket silent = mute.accept();
        transport.close();
        assertThat(call.failed.get(20, TimeUnit.SECONDS)).isEqualTo(Failure.CLOSED);
        silent.close();
      }
    }
  }

  @Test
  void close_stopsTheThreads_thoughACallThrowsAsItIsTold() throws Exception {
    IoThreads others = IoThreads.acquire();
    IoThreads.release();
    ClientTransport transport =
        new ClientTransport(TransportSettings.DEFAULT, UnaryOperator.identity());
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket mute = new ServerSocket(0, 50, loopback)) {
      InetSocketAddress address = (InetSocketAddress) mute.getLocalSocketAddress();
      IoLoop home = transport.loopOf(address);
      Waiting call =
          new Waiting(home) {
            @Override
            protected void onFailed(Failure failure, Throwable cause) {
              super.onFailed(failure, cause);
              throw new IllegalStateException("of an application");
            }
          };
      begin(call, home, address);
      Socket silent = mute.accept();
      transport.close();
      assertThat(call.failed.get(20, TimeUnit.SECONDS)).isEqualTo(Failure.CLOSED);
      silent.close();
      assumeThat(transport.threads).as("nobody else uses them").isNotSameAs(others);
      assertThat(transport.threads.group().terminationFuture().await(30, TimeUnit.SECONDS))
          .isTrue();
    }
  }
}
