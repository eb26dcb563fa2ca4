package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.inmesh.Mesh;
import io.inmesh.call.OutboundCall;
import java.net.URI;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Channels into the mesh. Targets are {@code mesh:///service}, {@code mesh:///service.namespace} or
 * {@code mesh:///service:port}; everything that the mesh's configuration says about the service
 * holds for its calls. Thread-safe.
 *
 * <p>Retries are the mesh's: calls with one request message can be repeated, others only until
 * something was sent. gRPC's own retries are off, its service configuration is not used.
 */
public final class MeshChannels {
  /**
   * Says of a call that executing it twice is harmless, or that it is not; by default what the
   * method's descriptor says.
   */
  public static final CallOptions.Key<@Nullable Boolean> IDEMPOTENT =
      CallOptions.Key.create("inmesh-idempotent");

  /**
   * Is handed the mesh's side of the call as it begins; {@link OutboundCall#attempts} says later
   * how the answer was obtained.
   */
  public static final CallOptions.Key<@Nullable Consumer<OutboundCall>> OBSERVER =
      CallOptions.Key.create("inmesh-observer");

  private static volatile @Nullable Mesh defaultMesh;

  private MeshChannels() {}

  /**
   * A builder for a channel, for further settings. The mesh must outlive the channel.
   *
   * @throws IllegalArgumentException if the target is not a mesh target
   */
  public static NettyChannelBuilder builder(Mesh mesh, String target) {
    return builder(mesh, target, credentials());
  }

  static NettyChannelBuilder builder(Mesh mesh, String target, ChannelCredentials credentials) {
    MeshNameResolverProvider.authority(URI.create(target));
    if (!target.startsWith(MeshNameResolverProvider.SCHEME + ":")) {
      throw new IllegalArgumentException(target + ": expected mesh:///service");
    }
    return NettyChannelBuilder.forTarget(target, credentials)
        .setNameResolverArg(MeshNameResolverProvider.MESH, mesh)
        .disableRetry();
  }

  /**
   * Credentials for {@code mesh:///} channels that are not built here: each connection is secured
   * as the mesh's configuration says. With any others, services that are reached by TLS cannot be
   * called.
   */
  public static ChannelCredentials credentials() {
    return MeshCredentials.FASTEST;
  }

  /**
   * A channel with default settings, which begins to connect at once; the caller shuts it down.
   *
   * @throws IllegalArgumentException if the target is not a mesh target
   */
  public static ManagedChannel forTarget(Mesh mesh, String target) {
    ManagedChannel channel = builder(mesh, target).build();
    ConnectivityState unused = channel.getState(true);
    return channel;
  }

  /**
   * Makes {@code mesh:///} targets work in channels that are not built here, such as those of a
   * framework, which should use {@link #credentials}. For the whole process.
   *
   * @param mesh null: no longer
   */
  public static void useByDefault(@Nullable Mesh mesh) {
    defaultMesh = mesh;
  }

  static @Nullable Mesh defaultMesh() {
    return defaultMesh;
  }
}
