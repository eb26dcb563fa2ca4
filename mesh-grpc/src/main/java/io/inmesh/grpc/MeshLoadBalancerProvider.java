package io.inmesh.grpc;

import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.NameResolver.ConfigOrError;
import java.util.Map;

/** Registered with gRPC by {@code ServiceLoader}; not for applications. Thread-safe. */
public final class MeshLoadBalancerProvider extends LoadBalancerProvider {
  static final String POLICY = "inmesh";

  /** For {@code ServiceLoader}. */
  public MeshLoadBalancerProvider() {}

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public int getPriority() {
    return 5;
  }

  @Override
  public String getPolicyName() {
    return POLICY;
  }

  @Override
  public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
    return new MeshLoadBalancer(helper);
  }

  @Override
  public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
    return ConfigOrError.fromConfig("none");
  }
}
