package io.inmesh.server.cli;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.identity.JoinToken;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.wire.ControlChannel;
import io.inmesh.wire.IdentityClient;
import io.inmesh.wire.JoinProof;
import io.inmesh.wire.TrustWatch;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.Closeable;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the identity of an Envoy: makes its key, obtains and renews its certificate, follows whom
 * to trust, and hands all of it out over SDS on a Unix socket that only its owner can open. The key
 * leaves neither the process nor the machine in any other way. Thread-safe.
 */
public final class EnvoyAgent implements Closeable {
  private final ThreadControlLoop loop = new ThreadControlLoop("inmesh-envoy-agent");
  private final EventLoopGroup io = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Path socket;
  private final IdentityClient identity;
  private final ControlChannel channel;
  private final TrustWatch trust;
  private final Server server;

  /**
   * Begins; secrets are handed out as soon as they are there.
   *
   * @param control host and port of the control server
   * @param token to join with; null: the state directory has a certificate
   * @param state where the certificate survives a restart; null: nowhere
   * @param socket where SDS is served; a socket that is left from before is replaced
   * @throws IllegalArgumentException if there is neither token nor certificate
   */
  public static EnvoyAgent start(
      String control, @Nullable String token, String instance, @Nullable Path state, Path socket)
      throws IOException {
    return new EnvoyAgent(control, token, instance, state, socket);
  }

  private EnvoyAgent(
      String control, @Nullable String token, String instance, @Nullable Path state, Path socket)
      throws IOException {
    this.socket = socket.toAbsolutePath();
    TlsMaterial material = new TlsMaterial();
    JoinProof proof = token == null ? null : JoinProof.of(JoinToken.parse("the token", token));
    identity =
        new IdentityClient(control, proof, instance, state, material, loop, Randomness.SYSTEM);
    channel =
        ControlChannel.open(
            control, identity.credentials(), loop, Randomness.SYSTEM, identity.ready());
    trust = TrustWatch.start(channel, identity, loop, Randomness.SYSTEM);
    identity.start(this::renewed, channel::failed);
    Files.createDirectories(this.socket.getParent());
    Files.deleteIfExists(this.socket);
    server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(this.socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(io)
            .workerEventLoopGroup(io)
            .withChildOption(ChannelOption.SO_KEEPALIVE, null) // these sockets have none
            .directExecutor()
            .addService(new SecretService(material, loop))
            .build()
            .start();
    Files.setPosixFilePermissions(this.socket, PosixFilePermissions.fromString("rw-------"));
  }

  private void renewed() {
    channel.reconnect();
    trust.acknowledge();
  }

  @Override
  public void close() throws IOException {
    server.shutdownNow();
    trust.close();
    identity.close();
    channel.close();
    loop.close();
    var unused = io.shutdownGracefully();
    Files.deleteIfExists(socket);
  }
}
