package io.inmesh.wire;

import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A gRPC channel to a Unix socket, with a thread of its own. */
final class UnixSocket implements AutoCloseable {
  private final EventLoopGroup events;
  private final ManagedChannel channel;

  /** Connects with the first call. */
  UnixSocket(Path path, String thread) {
    events =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory(thread, true), NioIoHandler.newFactory());
    channel =
        NettyChannelBuilder.forAddress(
                UnixDomainSocketAddress.of(path), InsecureChannelCredentials.create())
            .overrideAuthority("localhost")
            .eventLoopGroup(events)
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .withOption(ChannelOption.SO_KEEPALIVE, null) // which such sockets do not have
            .build();
  }

  ManagedChannel channel() {
    return channel;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // its end is not awaited
  public void close() {
    channel.shutdownNow();
    events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
