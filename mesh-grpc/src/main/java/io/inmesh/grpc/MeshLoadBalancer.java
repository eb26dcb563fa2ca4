package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Lends a channel's subchannels to its {@link Connections}; the engine does the balancing. */
final class MeshLoadBalancer extends LoadBalancer {
  static final Attributes.Key<Connections> CONNECTIONS =
      Attributes.Key.create("inmesh-connections");

  private final Helper helper;
  private @Nullable Connections connections;

  MeshLoadBalancer(Helper helper) {
    this.helper = helper;
  }

  @Override
  public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
    Connections given = resolved.getAttributes().get(CONNECTIONS);
    if (given == null) {
      return Status.UNAVAILABLE.withDescription(
          "the balancing policy " + MeshLoadBalancerProvider.POLICY + " is for mesh:/// targets");
    }
    if (given != connections) {
      connections = given;
      given.open(helper);
    }
    return Status.OK;
  }

  @Override
  public void handleNameResolutionError(Status error) {
    // Connections stay as they are; the mesh's names are not resolved by gRPC.
  }

  @Override
  public void shutdown() {
    if (connections != null) {
      connections.close();
    }
  }
}
