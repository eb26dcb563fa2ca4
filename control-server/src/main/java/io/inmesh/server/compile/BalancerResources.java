package io.inmesh.server.compile;

import com.google.protobuf.Message;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.envoyproxy.envoy.type.v3.Percent;
import io.inmesh.server.config.TrafficPolicySpec.Algorithm;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import io.inmesh.server.config.TrafficPolicySpec.LoadBalancer;
import io.inmesh.server.config.TrafficPolicySpec.Warmup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The balancer of a cluster: a list that clients read until they find an entry they know. Where
 * localities have weights, stock gRPC is told by {@code wrr_locality} and all others inside the
 * entries.
 */
final class BalancerResources {
  private static final LocalityLbConfig WEIGHTED =
      LocalityLbConfig.newBuilder()
          .setLocalityWeightedLbConfig(
              LocalityLbConfig.LocalityWeightedLbConfig.getDefaultInstance())
          .build();

  private final boolean weighted;

  /** How zones or localities share; the default instance: they do not matter. */
  private final LocalityLbConfig localities;

  private final @Nullable Warmup warmup;

  private BalancerResources(
      boolean weighted, LocalityLbConfig localities, @Nullable Warmup warmup) {
    this.weighted = weighted;
    this.localities = localities;
    this.warmup = warmup;
  }

  /**
   * The list.
   *
   * @param balancer null: nothing is said
   * @param hashBalance what an endpoint may get at most if hashing decides, in percent of the
   *     average; 0: anything
   * @param plan whether localities share by their weights, or zones by the number of callers
   */
  static LoadBalancingPolicy of(
      @Nullable LoadBalancer balancer,
      int hashBalance,
      LocalityPlan plan,
      CapabilityClass clients) {
    boolean grpc = clients == CapabilityClass.GRPC;
    boolean localityWeighted = plan.weighted();
    BalancerResources resources =
        new BalancerResources(
            localityWeighted && !grpc,
            grpc ? LocalityLbConfig.getDefaultInstance() : localities(plan),
            balancer == null ? null : balancer.warmup());
    ConsistentHash hash = balancer == null ? null : balancer.consistentHash();
    if (hash != null) {
      return resources.hashing(hash, hashBalance);
    }
    Algorithm simple = balancer == null ? Algorithm.UNSPECIFIED : balancer.simple();
    LoadBalancingPolicy plain =
        switch (simple) {
          case ROUND_ROBIN -> list(resources.roundRobin());
          case RANDOM -> list(resources.random(), resources.roundRobin());
          case UNSPECIFIED, LEAST_CONN, LEAST_REQUEST ->
              list(resources.leastRequest(), resources.roundRobin());
        };
    return localityWeighted && grpc
        ? list(
            entry("wrr_locality", WrrLocality.newBuilder().setEndpointPickingPolicy(plain).build()))
        : plain;
  }

  private static LocalityLbConfig localities(LocalityPlan plan) {
    if (plan.weighted()) {
      return WEIGHTED;
    }
    LocalityLbConfig.Builder config = LocalityLbConfig.newBuilder();
    if (plan.zoneAwareFrom() > 0) {
      config.getZoneAwareLbConfigBuilder().setMinClusterSize(UInt64Value.of(plan.zoneAwareFrom()));
    }
    return config.build();
  }

  private LoadBalancingPolicy hashing(ConsistentHash hash, int balance) {
    RingHash.Builder ring =
        RingHash.newBuilder()
            .setHashFunction(RingHash.HashFunction.XX_HASH)
            .setMinimumRingSize(UInt64Value.of(hash.minimumRingSize()));
    ConsistentHashingLbConfig bound =
        ConsistentHashingLbConfig.newBuilder().setHashBalanceFactor(Protos.uint(balance)).build();
    if (balance > 0) {
      ring.setConsistentHashingLbConfig(bound);
    }
    if (weighted) {
      ring.setLocalityWeightedLbConfig(WEIGHTED.getLocalityWeightedLbConfig());
    }
    if (hash.tableSize() == 0) {
      return list(entry("ring_hash", ring.build()));
    }
    Maglev.Builder maglev = Maglev.newBuilder().setTableSize(UInt64Value.of(hash.tableSize()));
    if (balance > 0) {
      maglev.setConsistentHashingLbConfig(bound);
    }
    if (weighted) {
      maglev.setLocalityWeightedLbConfig(WEIGHTED.getLocalityWeightedLbConfig());
    }
    return list(entry("maglev", maglev.build()), entry("ring_hash", ring.build()));
  }

  private LoadBalancingPolicy.Policy leastRequest() {
    LeastRequest.Builder config = LeastRequest.newBuilder().setChoiceCount(Protos.uint(2));
    if (warmup != null) {
      config.setSlowStartConfig(slowStart(warmup));
    }
    if (hasLocalities()) {
      config.setLocalityLbConfig(localities);
    }
    return entry("least_request", config.build());
  }

  private LoadBalancingPolicy.Policy roundRobin() {
    RoundRobin.Builder config = RoundRobin.newBuilder();
    if (warmup != null) {
      config.setSlowStartConfig(slowStart(warmup));
    }
    if (hasLocalities()) {
      config.setLocalityLbConfig(localities);
    }
    return entry("round_robin", config.build());
  }

  private LoadBalancingPolicy.Policy random() {
    Random.Builder config = Random.newBuilder();
    if (hasLocalities()) {
      config.setLocalityLbConfig(localities);
    }
    return entry("random", config.build());
  }

  private boolean hasLocalities() {
    return !localities.equals(LocalityLbConfig.getDefaultInstance());
  }

  private static SlowStartConfig slowStart(Warmup warmup) {
    return SlowStartConfig.newBuilder()
        .setSlowStartWindow(Protos.duration(warmup.duration()))
        .setAggression(RuntimeDouble.newBuilder().setDefaultValue(warmup.aggression()))
        .setMinWeightPercent(Percent.newBuilder().setValue(warmup.minimumPercent()))
        .build();
  }

  private static LoadBalancingPolicy.Policy entry(String name, Message config) {
    return LoadBalancingPolicy.Policy.newBuilder()
        .setTypedExtensionConfig(Protos.extension("envoy.load_balancing_policies." + name, config))
        .build();
  }

  private static LoadBalancingPolicy list(LoadBalancingPolicy.Policy... entries) {
    return LoadBalancingPolicy.newBuilder().addAllPolicies(List.of(entries)).build();
  }
}
