package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.FloatValue;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst;
import io.envoyproxy.envoy.type.v3.Percent;
import io.inmesh.server.config.EndpointPolicySpec;
import io.inmesh.server.config.EndpointPolicySpec.Algorithm;
import io.inmesh.server.config.TrafficPolicySpec.OutlierDetection;
import io.inmesh.wire.cluster.v1.Endpoints;
import io.inmesh.wire.cluster.v1.FailureAccrual;
import io.inmesh.wire.cluster.v1.PeakEwma;
import io.inmesh.wire.cluster.v1.StatusRange;
import org.jspecify.annotations.Nullable;

/**
 * What a RoutePolicy says about endpoints, in a cluster: before the balancers that every client
 * knows comes the one that was asked for. What standard xDS has no word for goes to our own clients
 * only.
 */
final class EndpointPolicyResources {
  private static final String ENDPOINTS = "inmesh.endpoints";

  private EndpointPolicyResources() {}

  static void apply(
      @Nullable EndpointPolicySpec spec,
      @Nullable OutlierDetection outliers,
      Protocol protocol,
      Cluster.Builder cluster,
      CapabilityClass clients) {
    if (clients == CapabilityClass.INMESH) {
      addOwn(spec, outliers, cluster);
    }
    if (spec == null) {
      return;
    }
    if (spec.algorithm() != null) {
      LoadBalancingPolicy.Policy first = entry(spec.algorithm(), clients);
      if (first != null) {
        cluster.getLoadBalancingPolicyBuilder().addPolicies(0, first);
      }
    }
    if (spec.preconnect() > 1) {
      cluster
          .getPreconnectPolicyBuilder()
          .setPerUpstreamPreconnectRatio(DoubleValue.of(spec.preconnect()));
    }
    if (spec.predictivePreconnect() > 1) {
      cluster
          .getPreconnectPolicyBuilder()
          .setPredictivePreconnectRatio(DoubleValue.of(spec.predictivePreconnect()));
    }
    if (spec.comparison() != null) {
      OutlierResources.compare(spec.comparison(), cluster);
    }
    if (spec.healthCheck() != null && clients != CapabilityClass.GRPC) {
      HealthCheckResources.apply(spec.healthCheck(), protocol, cluster);
    }
  }

  private static void addOwn(
      @Nullable EndpointPolicySpec spec,
      @Nullable OutlierDetection outliers,
      Cluster.Builder cluster) {
    Endpoints.Builder own = Endpoints.newBuilder();
    if (outliers != null) {
      outliers
          .errorCodes()
          .forEach(
              code -> own.addOutlierErrors(StatusRange.newBuilder().setFirst(code).setLast(code)));
    }
    if (spec != null) {
      own.setSubsetSize(spec.subsetSize());
      own.setDetectDegradedHosts(spec.comparison() != null && spec.comparison().detectDegraded());
      EndpointPolicySpec.Accrual accrual = spec.accrual();
      if (accrual != null) {
        own.setFailureAccrual(failureAccrual(accrual));
        // It may take out everybody: then calls fail rather than go to those that are known to.
        cluster.getCommonLbConfigBuilder().setHealthyPanicThreshold(Percent.getDefaultInstance());
      }
    }
    if (!own.build().equals(Endpoints.getDefaultInstance())) {
      cluster.putTypedExtensionProtocolOptions(ENDPOINTS, Any.pack(own.build()));
    }
  }

  private static FailureAccrual failureAccrual(EndpointPolicySpec.Accrual spec) {
    FailureAccrual.Builder accrual =
        FailureAccrual.newBuilder()
            .setMaxFailures(spec.maxFailures())
            .setMinPenalty(Protos.duration(spec.minPenalty()))
            .setMaxPenalty(Protos.duration(spec.maxPenalty()))
            .setJitterRatio(spec.jitterRatio())
            .setHonorRetryAfter(spec.honorRetryAfter());
    EndpointPolicySpec.RateOverWindow rate = spec.successRate();
    if (rate != null) {
      accrual
          .getSuccessRateBuilder()
          .setThreshold(DoubleValue.of(rate.threshold()))
          .setWindow(Protos.duration(rate.window()))
          .setMinRequests(Protos.uint(rate.minRequests()));
    }
    return accrual.build();
  }

  /** Null: such clients cannot be told. */
  private static LoadBalancingPolicy.@Nullable Policy entry(
      Algorithm algorithm, CapabilityClass clients) {
    boolean ours = clients == CapabilityClass.INMESH;
    if (algorithm instanceof Algorithm.PeakEwma ewma) {
      return ours ? entry("inmesh.peak_ewma", peakEwma(ewma)) : null;
    }
    if (algorithm instanceof Algorithm.Custom custom) {
      return ours ? entry(custom.name(), Protos.struct(custom.name(), custom.settings())) : null;
    }
    if (algorithm instanceof Algorithm.Utilization utilization) {
      return entry(
          "envoy.load_balancing_policies.client_side_weighted_round_robin",
          utilization(utilization));
    }
    Algorithm.PickFirst first = (Algorithm.PickFirst) algorithm;
    return clients == CapabilityClass.ENVOY
        ? null
        : entry(
            "envoy.load_balancing_policies.pick_first",
            PickFirst.newBuilder().setShuffleAddressList(first.shuffle()).build());
  }

  private static LoadBalancingPolicy.Policy entry(String name, Message config) {
    return LoadBalancingPolicy.Policy.newBuilder()
        .setTypedExtensionConfig(Protos.extension(name, config))
        .build();
  }

  private static PeakEwma peakEwma(Algorithm.PeakEwma spec) {
    PeakEwma.Builder ewma =
        PeakEwma.newBuilder()
            .setDecay(Protos.duration(spec.decay()))
            .setDefaultRtt(Protos.duration(spec.defaultRtt()));
    if (spec.failurePenalty() != null) {
      ewma.setFailurePenalty(Protos.duration(spec.failurePenalty()));
    }
    return ewma.build();
  }

  private static ClientSideWeightedRoundRobin utilization(Algorithm.Utilization spec) {
    ClientSideWeightedRoundRobin.Builder weights =
        ClientSideWeightedRoundRobin.newBuilder()
            .setEnableOobLoadReport(BoolValue.of(spec.outOfBand() != null))
            .setBlackoutPeriod(Protos.duration(spec.blackout()))
            .setWeightExpirationPeriod(Protos.duration(spec.expiration()))
            .setWeightUpdatePeriod(Protos.duration(spec.update()))
            .setErrorUtilizationPenalty(FloatValue.of((float) spec.errorPenalty()));
    if (spec.outOfBand() != null) {
      weights.setOobReportingPeriod(Protos.duration(spec.outOfBand()));
    }
    return weights.build();
  }
}
