package io.inmesh.xds;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.BalancerPolicy.SlowStart;
import io.inmesh.model.ZoneAware;
import io.inmesh.wire.cluster.v1.PeakEwma;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Load balancing: the extensible list where it is set (first known entry), else the old fields. */
final class BalancerDecoder {
  private static final long MAX_RING = 8L << 20;
  private static final long DEFAULT_RING = 1024;
  private static final int MAGLEV = 65_537;
  private static final int MAX_MAGLEV = 5_000_011;
  private static final int MAX_DEPTH = 8;

  private final Decoding decoding;

  BalancerDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  BalancerPolicy balancer(Cluster cluster, FieldPath root) throws Rejection {
    double panic = BalancerPolicy.DEFAULT.panicPercent();
    if (cluster.getCommonLbConfig().hasHealthyPanicThreshold()) {
      panic =
          Percents.checked(
              cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue(),
              root.field("common_lb_config").field("healthy_panic_threshold"));
    }
    BalancerPolicy policy =
        cluster.hasLoadBalancingPolicy()
            ? first(cluster.getLoadBalancingPolicy(), panic, root.field("load_balancing_policy"), 0)
            : old(cluster, panic, root);
    ZoneAware zones =
        ZoneDecoder.ofCluster(cluster.getCommonLbConfig(), root.field("common_lb_config"));
    return (policy.zoneAware() == null ? policy.withZoneAware(zones) : policy)
        .withSticky(SessionDecoder.keepers(cluster.getCommonLbConfig()));
  }

  private BalancerPolicy old(Cluster cluster, double panic, FieldPath root) throws Rejection {
    boolean weighted = cluster.getCommonLbConfig().hasLocalityWeightedLbConfig();
    switch (cluster.getLbPolicy()) {
      case ROUND_ROBIN -> {
        FieldPath path = root.field("round_robin_lb_config").field("slow_start_config");
        return new BalancerPolicy(
            new Algorithm.RoundRobin(),
            weighted,
            panic,
            cluster.getRoundRobinLbConfig().hasSlowStartConfig()
                ? slowStart(cluster.getRoundRobinLbConfig().getSlowStartConfig(), path)
                : null);
      }
      case LEAST_REQUEST -> {
        FieldPath path = root.field("least_request_lb_config");
        Cluster.LeastRequestLbConfig config = cluster.getLeastRequestLbConfig();
        return new BalancerPolicy(
            leastRequest(
                decoding.number(
                    config.hasChoiceCount(),
                    config.getChoiceCount(),
                    2,
                    path.field("choice_count")),
                config.hasActiveRequestBias(),
                config.getActiveRequestBias(),
                path),
            weighted,
            panic,
            config.hasSlowStartConfig()
                ? slowStart(config.getSlowStartConfig(), path.field("slow_start_config"))
                : null);
      }
      case RANDOM -> {
        return new BalancerPolicy(new Algorithm.Random(), weighted, panic, null);
      }
      case RING_HASH -> {
        Cluster.RingHashLbConfig config = cluster.getRingHashLbConfig();
        return new BalancerPolicy(
            ring(
                config.hasMinimumRingSize(),
                config.getMinimumRingSize(),
                config.hasMaximumRingSize(),
                config.getMaximumRingSize(),
                oldBalance(cluster, root),
                root.field("ring_hash_lb_config")),
            weighted,
            panic,
            null);
      }
      case MAGLEV -> {
        Cluster.MaglevLbConfig config = cluster.getMaglevLbConfig();
        return new BalancerPolicy(
            maglev(
                config.hasTableSize(),
                config.getTableSize(),
                oldBalance(cluster, root),
                root.field("maglev_lb_config")),
            weighted,
            panic,
            null);
      }
      // Of clusters whose hosts are those that calls name: there is nothing to choose from.
      case CLUSTER_PROVIDED -> {
        if (cluster.getType() == Cluster.DiscoveryType.EDS && !cluster.hasClusterType()) {
          throw new Rejection(root.field("lb_policy"), "is not supported with endpoints");
        }
        return BalancerPolicy.DEFAULT;
      }
      default -> throw new Rejection(root.field("lb_policy"), "is not supported");
    }
  }

  private BalancerPolicy first(LoadBalancingPolicy list, double panic, FieldPath path, int depth)
      throws Rejection {
    if (depth > MAX_DEPTH) {
      throw new Rejection(path, "is nested too deeply");
    }
    for (int i = 0; i < list.getPoliciesCount(); i++) {
      Any any = list.getPolicies(i).getTypedExtensionConfig().getTypedConfig();
      FieldPath at =
          path.field("policies", i).field("typed_extension_config").field("typed_config");
      BalancerPolicy policy = known(any, panic, at, depth);
      if (policy != null) {
        return policy;
      }
    }
    throw new Rejection(path.field("policies"), "holds no policy that this version knows");
  }

  private @Nullable BalancerPolicy known(Any any, double panic, FieldPath path, int depth)
      throws Rejection {
    if (MessageTypes.is(any, RoundRobin.class)) {
      RoundRobin config = decoding.unpack(any, RoundRobin.class, path);
      return new BalancerPolicy(
              new Algorithm.RoundRobin(),
              config.getLocalityLbConfig().hasLocalityWeightedLbConfig(),
              panic,
              config.hasSlowStartConfig() ? slowStart(config.getSlowStartConfig(), path) : null)
          .withZoneAware(ZoneDecoder.ofBalancer(config.getLocalityLbConfig(), path));
    }
    if (MessageTypes.is(any, LeastRequest.class)) {
      LeastRequest config = decoding.unpack(any, LeastRequest.class, path);
      return new BalancerPolicy(
              leastRequest(
                  decoding.number(
                      config.hasChoiceCount(),
                      config.getChoiceCount(),
                      2,
                      path.field("choice_count")),
                  config.hasActiveRequestBias(),
                  config.getActiveRequestBias(),
                  path),
              config.getLocalityLbConfig().hasLocalityWeightedLbConfig(),
              panic,
              config.hasSlowStartConfig() ? slowStart(config.getSlowStartConfig(), path) : null)
          .withZoneAware(ZoneDecoder.ofBalancer(config.getLocalityLbConfig(), path));
    }
    if (MessageTypes.is(any, Random.class)) {
      Random config = decoding.unpack(any, Random.class, path);
      return new BalancerPolicy(
              new Algorithm.Random(),
              config.getLocalityLbConfig().hasLocalityWeightedLbConfig(),
              panic,
              null)
          .withZoneAware(ZoneDecoder.ofBalancer(config.getLocalityLbConfig(), path));
    }
    if (MessageTypes.is(any, RingHash.class)) {
      RingHash config = decoding.unpack(any, RingHash.class, path);
      return new BalancerPolicy(
          ring(
              config.hasMinimumRingSize(),
              config.getMinimumRingSize(),
              config.hasMaximumRingSize(),
              config.getMaximumRingSize(),
              balance(
                  config.getConsistentHashingLbConfig().getHashBalanceFactor(),
                  path.field("consistent_hashing_lb_config")),
              path),
          config.hasLocalityWeightedLbConfig(),
          panic,
          null);
    }
    if (MessageTypes.is(any, Maglev.class)) {
      Maglev config = decoding.unpack(any, Maglev.class, path);
      return new BalancerPolicy(
          maglev(
              config.hasTableSize(),
              config.getTableSize(),
              balance(
                  config.getConsistentHashingLbConfig().getHashBalanceFactor(),
                  path.field("consistent_hashing_lb_config")),
              path),
          config.hasLocalityWeightedLbConfig(),
          panic,
          null);
    }
    if (MessageTypes.is(any, PickFirst.class)) {
      PickFirst config = decoding.unpack(any, PickFirst.class, path);
      return new BalancerPolicy(
          new Algorithm.PickFirst(config.getShuffleAddressList()), false, panic, null);
    }
    if (MessageTypes.is(any, ClientSideWeightedRoundRobin.class)) {
      return new BalancerPolicy(
          utilization(decoding.unpack(any, ClientSideWeightedRoundRobin.class, path), path),
          false,
          panic,
          null);
    }
    if (MessageTypes.is(any, WrrLocality.class)) {
      WrrLocality config = decoding.unpack(any, WrrLocality.class, path);
      BalancerPolicy inner =
          first(
              config.getEndpointPickingPolicy(),
              panic,
              path.field("endpoint_picking_policy"),
              depth + 1);
      return new BalancerPolicy(inner.algorithm(), true, panic, inner.slowStart());
    }
    if (MessageTypes.is(any, PeakEwma.class)) {
      return new BalancerPolicy(
          peakEwma(decoding.unpack(any, PeakEwma.class, path), path), false, panic, null);
    }
    if (MessageTypes.is(any, TypedStruct.class)) {
      return custom(decoding.unpack(any, TypedStruct.class, path), panic, path);
    }
    return null;
  }

  private @Nullable BalancerPolicy custom(TypedStruct struct, double panic, FieldPath path)
      throws Rejection {
    if (!decoding.filters().contains(struct.getTypeUrl())) {
      return null;
    }
    String name = struct.getTypeUrl().substring(struct.getTypeUrl().lastIndexOf('/') + 1);
    return new BalancerPolicy(
        new Algorithm.Custom(name, Structs.raw(struct.getValue(), path.field("value"))),
        false,
        panic,
        null);
  }

  private Algorithm peakEwma(PeakEwma config, FieldPath path) throws Rejection {
    Duration decay =
        config.hasDecay()
            ? decoding.duration(config.getDecay(), path.field("decay"))
            : Duration.ofSeconds(10);
    if (decay.isZero()) {
      throw new Rejection(path.field("decay"), "must be longer than zero");
    }
    return new Algorithm.PeakEwma(
        decay,
        config.hasDefaultRtt()
            ? decoding.duration(config.getDefaultRtt(), path.field("default_rtt"))
            : Duration.ofMillis(30),
        decoding.positive(
            config.hasFailurePenalty(), config.getFailurePenalty(), path.field("failure_penalty")));
  }

  private static Algorithm leastRequest(
      int choices, boolean biasSet, RuntimeDouble bias, FieldPath path) throws Rejection {
    if (choices < 2) {
      throw new Rejection(path.field("choice_count"), "must be at least 2");
    }
    double value = biasSet ? bias.getDefaultValue() : 1.0;
    if (!(value >= 0 && value <= 1000)) {
      throw new Rejection(path.field("active_request_bias"), "must be from 0 to 1000");
    }
    return new Algorithm.LeastRequest(Math.min(choices, 1000), value);
  }

  private static int oldBalance(Cluster cluster, FieldPath root) throws Rejection {
    return balance(
        cluster.getCommonLbConfig().getConsistentHashingLbConfig().getHashBalanceFactor(),
        root.field("common_lb_config").field("consistent_hashing_lb_config"));
  }

  /** Percent; 0: not set. */
  private static int balance(UInt32Value factor, FieldPath path) throws Rejection {
    int percent = factor.getValue();
    if (percent != 0 && percent < 100) { // larger than an int can say is below 0
      throw new Rejection(path.field("hash_balance_factor"), "must be at least 100");
    }
    return percent;
  }

  private static Algorithm ring(
      boolean minSet, UInt64Value min, boolean maxSet, UInt64Value max, int balance, FieldPath path)
      throws Rejection {
    long smallest = minSet ? min.getValue() : DEFAULT_RING;
    long largest = maxSet ? max.getValue() : MAX_RING;
    if (smallest < 0 || smallest > MAX_RING) {
      throw new Rejection(path.field("minimum_ring_size"), "must be at most " + MAX_RING);
    }
    if (largest < 0 || largest > MAX_RING || largest < smallest) {
      throw new Rejection(
          path.field("maximum_ring_size"), "must be from minimum_ring_size to " + MAX_RING);
    }
    return new Algorithm.RingHash(smallest, largest, balance);
  }

  private static Algorithm maglev(boolean set, UInt64Value size, int balance, FieldPath path)
      throws Rejection {
    long value = set ? size.getValue() : MAGLEV;
    if (value < 2 || value > MAX_MAGLEV || !prime(value)) {
      throw new Rejection(path.field("table_size"), "must be a prime up to " + MAX_MAGLEV);
    }
    return new Algorithm.Maglev((int) value, balance);
  }

  private static boolean prime(long number) {
    for (long divisor = 2; divisor * divisor <= number; divisor++) {
      if (number % divisor == 0) {
        return false;
      }
    }
    return number > 1;
  }

  private Algorithm utilization(ClientSideWeightedRoundRobin config, FieldPath path)
      throws Rejection {
    double penalty =
        config.hasErrorUtilizationPenalty() ? config.getErrorUtilizationPenalty().getValue() : 1.0;
    if (!(penalty >= 0 && penalty <= 1_000_000)) {
      throw new Rejection(path.field("error_utilization_penalty"), "must not be negative");
    }
    return new Algorithm.Utilization(
        config.hasEnableOobLoadReport() && config.getEnableOobLoadReport().getValue(),
        period(config.hasOobReportingPeriod(), config.getOobReportingPeriod(), 10, path),
        period(config.hasBlackoutPeriod(), config.getBlackoutPeriod(), 10, path),
        period(config.hasWeightExpirationPeriod(), config.getWeightExpirationPeriod(), 180, path),
        period(config.hasWeightUpdatePeriod(), config.getWeightUpdatePeriod(), 1, path),
        penalty);
  }

  private Duration period(
      boolean set, com.google.protobuf.Duration value, long unsetSeconds, FieldPath path)
      throws Rejection {
    return set ? decoding.duration(value, path) : Duration.ofSeconds(unsetSeconds);
  }

  private @Nullable SlowStart slowStart(SlowStartConfig config, FieldPath path) throws Rejection {
    return slowStart(
        decoding.duration(config.getSlowStartWindow(), path.field("slow_start_window")),
        config.hasAggression() ? config.getAggression().getDefaultValue() : 1.0,
        config.hasMinWeightPercent() ? config.getMinWeightPercent().getValue() : 10,
        path);
  }

  private @Nullable SlowStart slowStart(Cluster.SlowStartConfig config, FieldPath path)
      throws Rejection {
    return slowStart(
        decoding.duration(config.getSlowStartWindow(), path.field("slow_start_window")),
        config.hasAggression() ? config.getAggression().getDefaultValue() : 1.0,
        config.hasMinWeightPercent() ? config.getMinWeightPercent().getValue() : 10,
        path);
  }

  private static @Nullable SlowStart slowStart(
      Duration window, double aggression, double minWeight, FieldPath path) throws Rejection {
    if (window.isZero()) {
      return null;
    }
    if (!(aggression > 0 && aggression <= 1000)) {
      throw new Rejection(path.field("aggression"), "must be larger than zero");
    }
    return new SlowStart(
        window, aggression, Percents.checked(minWeight, path.field("min_weight_percent")));
  }
}
