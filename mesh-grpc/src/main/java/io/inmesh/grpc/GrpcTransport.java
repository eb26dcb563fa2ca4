package io.inmesh.grpc;

import io.grpc.ManagedChannel;
import io.inmesh.Mesh;
import io.inmesh.MeshTransport;

/** gRPC, for calls of the mesh itself; found by {@code ServiceLoader}. Stateless. */
public final class GrpcTransport implements MeshTransport {
  /** For {@code ServiceLoader}. */
  public GrpcTransport() {}

  @Override
  public ManagedChannel grpcChannel(Mesh mesh, String authority) {
    return MeshChannels.forTarget(mesh, MeshNameResolverProvider.SCHEME + ":///" + authority);
  }
}
