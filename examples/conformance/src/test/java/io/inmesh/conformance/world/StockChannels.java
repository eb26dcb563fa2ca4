package io.inmesh.conformance.world;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.NameResolverRegistry;
import io.grpc.xds.XdsNameResolverProvider;
import io.inmesh.MeshConfig;
import io.inmesh.grpc.XdsInterop;
import java.util.concurrent.atomic.AtomicInteger;

/** Channels of stock gRPC for one process: its own xDS client, its own balancers. */
final class StockChannels implements GrpcWire.Channels {
  private static final AtomicInteger SCHEMES = new AtomicInteger();

  private final MeshConfig config;
  private final String scheme = "xds" + SCHEMES.incrementAndGet();
  private final XdsNameResolverProvider resolver;

  StockChannels(MeshConfig config) {
    this.config = config;
    resolver = XdsNameResolverProvider.createForTest(scheme, XdsInterop.bootstrap(config));
    NameResolverRegistry.getDefaultRegistry().register(resolver);
  }

  @Override
  public ManagedChannel to(String service) {
    String host = service + "." + config.namespace() + ".svc.cluster.local:80";
    return Grpc.newChannelBuilder(scheme + ":///" + host, InsecureChannelCredentials.create())
        .build();
  }

  @Override
  public void close() {
    NameResolverRegistry.getDefaultRegistry().deregister(resolver);
  }
}
