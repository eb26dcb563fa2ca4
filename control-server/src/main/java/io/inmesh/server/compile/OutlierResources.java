package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.type.v3.Percent;
import io.inmesh.server.config.EndpointPolicySpec;
import io.inmesh.server.config.TrafficPolicySpec;

/**
 * Outlier detection as Istio's control plane sends it: what a DestinationRule counts is enforced,
 * success rates are not compared.
 */
final class OutlierResources {
  private OutlierResources() {}

  static OutlierDetection of(TrafficPolicySpec.OutlierDetection spec) {
    OutlierDetection.Builder outliers =
        OutlierDetection.newBuilder().setEnforcingSuccessRate(Protos.uint(0));
    Integer errors = spec.consecutive5xxErrors();
    if (errors != null) {
      outliers
          .setConsecutive5Xx(Protos.uint(errors))
          .setEnforcingConsecutive5Xx(Protos.uint(errors > 0 ? 100 : 0));
    }
    Integer gateway = spec.consecutiveGatewayErrors();
    if (gateway != null) {
      outliers
          .setConsecutiveGatewayFailure(Protos.uint(gateway))
          .setEnforcingConsecutiveGatewayFailure(Protos.uint(gateway > 0 ? 100 : 0));
    }
    if (spec.splitLocalOrigin()) {
      outliers
          .setSplitExternalLocalOriginErrors(true)
          .setEnforcingLocalOriginSuccessRate(Protos.uint(0));
      Integer local = spec.consecutiveLocalOriginFailures();
      if (local != null && local > 0) {
        outliers
            .setConsecutiveLocalOriginFailure(Protos.uint(local))
            .setEnforcingConsecutiveLocalOriginFailure(Protos.uint(100));
      }
    }
    if (spec.interval() != null) {
      outliers.setInterval(Protos.duration(spec.interval()));
    }
    if (spec.baseEjectionTime() != null) {
      outliers.setBaseEjectionTime(Protos.duration(spec.baseEjectionTime()));
    }
    if (spec.maxEjectionPercent() != null) {
      outliers.setMaxEjectionPercent(Protos.uint(spec.maxEjectionPercent()));
    }
    return outliers.build();
  }

  /** Adds what a RoutePolicy compares; without a DestinationRule nothing else is in force. */
  static void compare(EndpointPolicySpec.Comparison spec, Cluster.Builder cluster) {
    if (!cluster.hasOutlierDetection()) {
      cluster
          .getOutlierDetectionBuilder()
          .setEnforcingConsecutive5Xx(Protos.uint(0))
          .setEnforcingSuccessRate(Protos.uint(0));
      cluster.getCommonLbConfigBuilder().setHealthyPanicThreshold(Percent.getDefaultInstance());
    }
    OutlierDetection.Builder outliers = cluster.getOutlierDetectionBuilder();
    EndpointPolicySpec.SuccessRate rate = spec.successRate();
    if (rate != null) {
      outliers
          .setEnforcingSuccessRate(Protos.uint(100))
          .setSuccessRateMinimumHosts(Protos.uint(rate.minimumHosts()))
          .setSuccessRateRequestVolume(Protos.uint(rate.requestVolume()))
          .setSuccessRateStdevFactor(Protos.uint((int) Math.round(1000 * rate.stdevFactor())));
    }
    EndpointPolicySpec.FailurePercentage failures = spec.failurePercentage();
    if (failures != null) {
      outliers
          .setEnforcingFailurePercentage(Protos.uint(100))
          .setFailurePercentageThreshold(Protos.uint(failures.threshold()))
          .setFailurePercentageMinimumHosts(Protos.uint(failures.minimumHosts()))
          .setFailurePercentageRequestVolume(Protos.uint(failures.requestVolume()));
    }
  }
}
