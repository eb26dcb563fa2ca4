package io.inmesh.grpc;

import io.grpc.Attributes;
import io.grpc.InternalConfigSelector;
import io.grpc.LoadBalancer.PickSubchannelArgs;

/**
 * Puts the engine into every call of a {@code mesh:///} channel, whoever built it. The only user of
 * gRPC's internal {@link InternalConfigSelector}; without it, each channel would need {@code
 * intercept(MeshChannel)}.
 */
final class MeshConfigSelector extends InternalConfigSelector {
  private final Result result;

  private MeshConfigSelector(MeshChannel channel, Object serviceConfig) {
    this.result = Result.newBuilder().setConfig(serviceConfig).setInterceptor(channel).build();
  }

  /** Resolution attributes with a selector for this channel. */
  static Attributes attributes(MeshChannel channel, Object serviceConfig) {
    return Attributes.newBuilder()
        .set(InternalConfigSelector.KEY, new MeshConfigSelector(channel, serviceConfig))
        .set(MeshLoadBalancer.CONNECTIONS, channel.connections())
        .build();
  }

  /** Always the same object: choosing a route is the engine's, in the call. */
  @Override
  public Result selectConfig(PickSubchannelArgs args) {
    return result;
  }
}
