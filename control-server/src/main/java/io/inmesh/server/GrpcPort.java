package io.inmesh.server;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.server.ads.AdsService;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.registry.RegistryService;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The port that speaks gRPC: xDS and registration. */
final class GrpcPort {
  private static final Duration MAX_SPREAD = Duration.ofSeconds(30);
  private static final Duration PER_STREAM = Duration.ofMillis(2);

  /**
   * A request that waits for its turn keeps the whole buffer it was read into. After a restart
   * those of thousands of clients wait, and Netty's 64 KiB would be most of the process.
   */
  private static final RecvByteBufAllocator READS =
      new AdaptiveRecvByteBufAllocator(256, 2 << 10, 8 << 10);

  private final Server server;
  private final AdsService ads;
  private final RegistryService registration;

  private GrpcPort(Server server, AdsService ads, RegistryService registration) {
    this.server = server;
    this.ads = ads;
    this.registration = registration;
  }

  /** Finds out early, with nothing else started, whether an address can be had. */
  static void probe(InetSocketAddress address) throws IOException {
    if (address.getPort() != 0) {
      new ServerSocket(address.getPort(), 1, address.getAddress()).close();
    }
  }

  /**
   * Listens.
   *
   * @param ca secures the port and knows the callers; null: plaintext
   */
  static GrpcPort start(
      InetSocketAddress address, AdsService ads, RegistryService registration, @Nullable MeshCa ca)
      throws IOException {
    NettyServerBuilder builder;
    if (ca == null) {
      builder = NettyServerBuilder.forAddress(address);
    } else {
      builder = NettyServerBuilder.forAddress(address, ca.credentials()).intercept(ca.callers());
      ca.services().forEach(builder::addService);
      // Streams come back with the newest certificate.
      builder.maxConnectionAge(
          ca.authority().leafTtl().dividedBy(2).toMillis(), TimeUnit.MILLISECONDS);
      builder.maxConnectionAgeGrace(10, TimeUnit.SECONDS);
    }
    Server server =
        builder
            .addService(ads)
            .addService(registration.definition())
            // A peer that vanished without a word must be noticed: its stream is its lease.
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .maxConcurrentCallsPerConnection(100)
            // Clients keep their streams open; who only connects, or only begins, is none.
            .handshakeTimeout(10, TimeUnit.SECONDS)
            .maxConnectionIdle(5, TimeUnit.MINUTES)
            .maxRstFramesPerWindow(200, 30)
            .maxInboundMetadataSize(16 << 10)
            .withChildOption(ChannelOption.RECVBUF_ALLOCATOR, READS)
            .build();
    return new GrpcPort(server.start(), ads, registration);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getListenSockets().get(0);
  }

  /** Sends all clients away, spread over a time that grows with their number, then stops. */
  void drain() {
    int streams = ads.clients().size() + registration.streamCount();
    Duration spread = PER_STREAM.multipliedBy(streams);
    if (spread.compareTo(MAX_SPREAD) > 0) {
      spread = MAX_SPREAD;
    }
    ads.drain(spread);
    registration.closeStreams(spread);
    await(spread);
    server.shutdown();
    if (!await(Duration.ofSeconds(2))) {
      stopNow();
    }
  }

  private boolean await(Duration time) {
    try {
      // Streams that are gone sooner end the wait sooner only through the server's own shutdown.
      return time.isZero() || server.awaitTermination(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Cuts all connections. */
  void stopNow() {
    server.shutdownNow();
    await(Duration.ofSeconds(2));
  }
}
