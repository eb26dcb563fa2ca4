package io.inmesh.grpc;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.inmesh.Mesh;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Registered with gRPC by {@code ServiceLoader} for the scheme {@code mesh}; not for applications.
 * Thread-safe.
 */
public final class MeshNameResolverProvider extends NameResolverProvider {
  static final String SCHEME = "mesh";
  static final NameResolver.Args.Key<Mesh> MESH = NameResolver.Args.Key.create("inmesh-mesh");

  /** For tests. */
  static final NameResolver.Args.Key<Duration> RENEWAL =
      NameResolver.Args.Key.create("inmesh-renewal");

  /** For {@code ServiceLoader}. */
  public MeshNameResolverProvider() {}

  @Override
  protected boolean isAvailable() {
    return true;
  }

  /** Below DNS, which must stay the meaning of targets without a scheme. */
  @Override
  protected int priority() {
    return 4;
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
    if (!SCHEME.equals(target.getScheme())) {
      return null;
    }
    Mesh mesh = args.getArg(MESH);
    if (mesh == null) {
      mesh = MeshChannels.defaultMesh();
    }
    if (mesh == null) {
      throw new IllegalArgumentException(
          target
              + ": no mesh to resolve it with; build the channel with MeshChannels, or call"
              + " MeshChannels.useByDefault(mesh) before");
    }
    return new MeshNameResolver(mesh, authority(target), args);
  }

  /** The authority a target stands for. */
  static String authority(URI target) {
    String path = target.getPath();
    boolean plain =
        target.getRawAuthority() == null
            && path != null
            && path.length() > 1
            && path.indexOf('/', 1) < 0
            && target.getRawQuery() == null
            && target.getRawFragment() == null;
    if (!plain) {
      throw new IllegalArgumentException(
          target + ": expected mesh:///service, mesh:///service.namespace or mesh:///service:port");
    }
    return path.substring(1);
  }
}
