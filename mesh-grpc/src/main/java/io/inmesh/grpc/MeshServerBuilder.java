package io.inmesh.grpc;

import io.grpc.ForwardingServerBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.Mesh;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Builds a server whose calls the mesh admits. Not thread-safe. */
public final class MeshServerBuilder extends ForwardingServerBuilder<MeshServerBuilder> {
  private static final int MAX_RESETS = 20_000;
  private static final int RESET_WINDOW_SECONDS = 30;

  /** As many threads as there are handlers that block, as gRPC's own default has. */
  private static final Executor HANDLERS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "mesh-grpc-handler");
            thread.setDaemon(true);
            return thread;
          });

  private final NettyServerBuilder netty;
  private final InetSocketAddress address;
  private final ServerConnections connections;
  private final Mesh mesh;
  private Executor executor = HANDLERS;

  MeshServerBuilder(Mesh mesh, InetSocketAddress address, SslContexts contexts) {
    this.mesh = mesh;
    this.address = address;
    this.connections = new ServerConnections(mesh, contexts);
    this.netty =
        NettyServerBuilder.forAddress(address, connections.credentials())
            .addTransportFilter(new PeerFilter())
            // gRPC closes connections of peers that ping more often than every five minutes, or
            // without calls; the mesh's configuration may say so.
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            // Rapid reset (CVE-2023-44487): far more than callers give up, far less than a flood.
            .maxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS)
            .handshakeTimeout(10, TimeUnit.SECONDS);
  }

  /** The builder underneath, for settings that only it has. */
  public NettyServerBuilder netty() {
    return netty;
  }

  /**
   * Bounds how many connections without a certificate, or without one yet, an address may hold; the
   * next ones are closed. Default: 4,096.
   */
  public MeshServerBuilder maxStrangersPerAddress(int connections) {
    this.connections.strangersEach(connections);
    return this;
  }

  /** Runs the handlers; also resumes calls whose admission took a decision from elsewhere. */
  @Override
  public MeshServerBuilder executor(@Nullable Executor executor) {
    this.executor = executor == null ? HANDLERS : executor;
    return super.executor(executor);
  }

  @Override
  protected ServerBuilder<?> delegate() {
    return netty;
  }

  /** The server; call once. */
  @Override
  public Server build() {
    // The interceptor added last sees calls first.
    netty.intercept(new AdmissionInterceptor(connections, mesh.clock(), executor));
    netty.addService(
        new LoadReportService(
            () -> connections.inbound(null).load(), AdmissionInterceptor.scheduler()));
    if (address.getPort() == 0) {
      return new AnyPortServer(super.build(), connections::listen);
    }
    connections.listen(address.getPort());
    return super.build();
  }
}
