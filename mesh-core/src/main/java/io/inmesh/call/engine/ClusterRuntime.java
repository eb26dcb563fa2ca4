package io.inmesh.call.engine;

import io.inmesh.balance.BalancerCompiler;
import io.inmesh.balance.ClusterBalancer;
import io.inmesh.balance.EndpointState;
import io.inmesh.balance.PickerFactory;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.TlsPolicy;
import io.inmesh.resilience.ClusterLoad;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One cluster of one configuration at run time. The balancer can be replaced without a new
 * configuration (ejections); states and loads are shared with the configurations before and after.
 */
final class ClusterRuntime {
  final Cluster model;

  /** Whether its endpoints are mesh peers, who may see the mesh's own header fields. */
  final boolean inMesh;

  final ClusterLoad standardLoad;
  final ClusterLoad highLoad;
  private final Map<InetSocketAddress, EndpointState> states;
  private volatile ClusterBalancer balancer;

  private ClusterRuntime(
      Cluster model,
      @Nullable ClusterRuntime before,
      String domainSuffix,
      BalancerCompiler compiler,
      PickerFactory.Setting setting) {
    this.model = model;
    TlsPolicy tls = model.tls();
    this.inMesh =
        tls == null
            ? model.service().endsWith("." + domainSuffix)
            : tls.mode() == TlsPolicy.Mode.MESH;
    this.standardLoad = before == null ? new ClusterLoad() : before.standardLoad;
    this.highLoad = before == null ? new ClusterLoad() : before.highLoad;
    this.states = new HashMap<>();
    for (LocalityEndpoints locality : model.localities()) {
      for (Endpoint endpoint : locality.endpoints()) {
        EndpointState kept = before == null ? null : before.states.get(endpoint.address());
        states.putIfAbsent(endpoint.address(), kept == null ? new EndpointState() : kept);
      }
    }
    this.balancer =
        compiler.compile(model, endpoint -> state(endpoint.address()), state -> false, setting);
  }

  /** The cluster, continuing what is known from before. */
  static ClusterRuntime next(
      Cluster model,
      @Nullable ClusterRuntime before,
      String domainSuffix,
      BalancerCompiler compiler,
      PickerFactory.Setting setting) {
    return before != null && before.model.equals(model)
        ? before
        : new ClusterRuntime(model, before, domainSuffix, compiler, setting);
  }

  private EndpointState state(InetSocketAddress address) {
    return Objects.requireNonNull(states.get(address));
  }

  ClusterBalancer balancer() {
    return balancer;
  }

  ClusterLoad load(boolean highPriority) {
    return highPriority ? highLoad : standardLoad;
  }

  CircuitBreakers.Limits limits(boolean highPriority) {
    return highPriority ? model.breakers().high() : model.breakers().standard();
  }

  /** Whether nothing is in flight. */
  boolean idle() {
    return standardLoad.requests() == 0
        && standardLoad.retries() == 0
        && highLoad.requests() == 0
        && highLoad.retries() == 0
        && states.values().stream().allMatch(state -> state.inFlight() == 0);
  }

  /** What is known about each address. */
  Map<InetSocketAddress, EndpointState> states() {
    return states;
  }
}
