package io.inmesh.grpc;

import io.grpc.NameResolver;
import io.grpc.StatusOr;
import io.inmesh.Mesh;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Cancellable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Resolves {@code mesh:///service} at once: to the engine. Addresses come with the configuration,
 * for which the calls wait, not the channel.
 */
final class MeshNameResolver extends NameResolver {
  private static final Map<String, ?> SERVICE_CONFIG =
      Map.of("loadBalancingConfig", List.of(Map.of(MeshLoadBalancerProvider.POLICY, Map.of())));

  private final Mesh mesh;
  private final String authority;
  private final Args args;
  private Cancellable watch = Cancellable.NONE;
  private Cancellable tlsWatch = Cancellable.NONE;

  MeshNameResolver(Mesh mesh, String authority, Args args) {
    this.mesh = mesh;
    this.authority = authority;
    this.args = args;
  }

  @Override
  public String getServiceAuthority() {
    return authority;
  }

  @Override
  public void start(Listener2 listener) {
    Duration renewal = args.getArg(MeshNameResolverProvider.RENEWAL);
    Connections connections =
        new Connections(
            args.getSynchronizationContext(),
            renewal == null ? Connections.RENEWAL : renewal,
            mesh.outbound());
    Executor offload = args.getOffloadExecutor();
    MeshChannel channel =
        new MeshChannel(
            mesh,
            authority,
            connections,
            args.getScheduledExecutorService(),
            offload == null ? Runnable::run : offload,
            new ReplayBudget());
    ConfigOrError config = args.getServiceConfigParser().parseServiceConfig(SERVICE_CONFIG);
    Object parsed = config.getConfig();
    if (parsed == null) {
      listener.onError(config.getError());
      return;
    }
    ResolutionResult result =
        ResolutionResult.newBuilder()
            .setAddressesOrError(StatusOr.fromValue(List.of()))
            .setServiceConfig(config)
            .setAttributes(MeshConfigSelector.attributes(channel, parsed))
            .build();
    args.getSynchronizationContext().execute(() -> accept(listener, result));
    tlsWatch = mesh.outbound().watchTls(connections::secureAnew);
    watch = mesh.outbound().watch(authority, RequestHead.Kind.GRPC, connections::reachable);
  }

  private static void accept(Listener2 listener, @Nullable ResolutionResult result) {
    if (result != null) {
      listener.onResult2(result);
    }
  }

  @Override
  public void shutdown() {
    watch.cancel();
    tlsWatch.cancel();
  }
}
