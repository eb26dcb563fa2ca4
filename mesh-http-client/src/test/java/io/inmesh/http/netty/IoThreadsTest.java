package io.inmesh.http.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class IoThreadsTest {
  @Test
  @Timeout(60)
  void lastUserLeaves_whileALoopIsBusy_itsConnectionsAreClosed() throws Exception {
    IoThreads before = IoThreads.acquire();
    IoThreads.release();
    IoThreads threads = IoThreads.acquire();
    if (threads == before) {
      IoThreads.release();
      abort("somebody else uses them, too");
    }
    EventLoop loop = threads.loops().get(0);
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var connected =
          new Bootstrap()
              .group(loop)
              .channelFactory(threads::newSocket)
              .handler(new ChannelInboundHandlerAdapter())
              .connect(server.getLocalSocketAddress())
              .await();
      assertThat(connected.isSuccess()).isTrue();
      try (Socket peer = server.accept()) {
        peer.setSoTimeout(20_000);
        loop.execute(
            () -> {
              running.countDown();
              awaitUninterruptibly(enough);
            });
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
        IoThreads.release();
        enough.countDown();
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
