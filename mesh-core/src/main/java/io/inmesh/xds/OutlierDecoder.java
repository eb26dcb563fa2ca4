package io.inmesh.xds;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.inmesh.model.OutlierPolicy;
import java.time.Duration;

/** Outlier detection, with Envoy's defaults for what is unset. */
final class OutlierDecoder {
  private final Decoding decoding;
  private final FieldPath path;

  private OutlierDecoder(Decoding decoding, FieldPath path) {
    this.decoding = decoding;
    this.path = path;
  }

  static OutlierPolicy decode(
      OutlierDetection proto, EndpointsExtension own, Decoding decoding, FieldPath path)
      throws Rejection {
    return new OutlierDecoder(decoding, path).policy(proto, own);
  }

  private OutlierPolicy policy(OutlierDetection p, EndpointsExtension own) throws Rejection {
    Duration base =
        duration(p.hasBaseEjectionTime(), p.getBaseEjectionTime(), 30_000, "base_ejection_time");
    Duration max =
        duration(p.hasMaxEjectionTime(), p.getMaxEjectionTime(), 300_000, "max_ejection_time");
    Duration interval = duration(p.hasInterval(), p.getInterval(), 10_000, "interval");
    if (interval.isZero()) {
      throw new Rejection(path.field("interval"), "must be longer than zero");
    }
    return new OutlierPolicy(
        count(p.hasConsecutive5Xx(), p.getConsecutive5Xx(), 5, "consecutive_5xx"),
        percent(
            p.hasEnforcingConsecutive5Xx(),
            p.getEnforcingConsecutive5Xx(),
            100,
            "enforcing_consecutive_5xx"),
        count(
            p.hasConsecutiveGatewayFailure(),
            p.getConsecutiveGatewayFailure(),
            5,
            "consecutive_gateway_failure"),
        percent(
            p.hasEnforcingConsecutiveGatewayFailure(),
            p.getEnforcingConsecutiveGatewayFailure(),
            0,
            "enforcing_consecutive_gateway_failure"),
        p.getSplitExternalLocalOriginErrors(),
        count(
            p.hasConsecutiveLocalOriginFailure(),
            p.getConsecutiveLocalOriginFailure(),
            5,
            "consecutive_local_origin_failure"),
        percent(
            p.hasEnforcingConsecutiveLocalOriginFailure(),
            p.getEnforcingConsecutiveLocalOriginFailure(),
            100,
            "enforcing_consecutive_local_origin_failure"),
        percent(
            p.hasEnforcingLocalOriginSuccessRate(),
            p.getEnforcingLocalOriginSuccessRate(),
            100,
            "enforcing_local_origin_success_rate"),
        percent(
            p.hasEnforcingSuccessRate(),
            p.getEnforcingSuccessRate(),
            100,
            "enforcing_success_rate"),
        count(
            p.hasSuccessRateMinimumHosts(),
            p.getSuccessRateMinimumHosts(),
            5,
            "success_rate_minimum_hosts"),
        count(
            p.hasSuccessRateRequestVolume(),
            p.getSuccessRateRequestVolume(),
            100,
            "success_rate_request_volume"),
        count(
            p.hasSuccessRateStdevFactor(),
            p.getSuccessRateStdevFactor(),
            1900,
            "success_rate_stdev_factor"),
        percent(
            p.hasEnforcingFailurePercentage(),
            p.getEnforcingFailurePercentage(),
            0,
            "enforcing_failure_percentage"),
        percent(
            p.hasFailurePercentageThreshold(),
            p.getFailurePercentageThreshold(),
            85,
            "failure_percentage_threshold"),
        count(
            p.hasFailurePercentageMinimumHosts(),
            p.getFailurePercentageMinimumHosts(),
            5,
            "failure_percentage_minimum_hosts"),
        count(
            p.hasFailurePercentageRequestVolume(),
            p.getFailurePercentageRequestVolume(),
            50,
            "failure_percentage_request_volume"),
        interval,
        base,
        max.compareTo(base) < 0 ? base : max,
        duration(
            p.hasMaxEjectionTimeJitter(),
            p.getMaxEjectionTimeJitter(),
            0,
            "max_ejection_time_jitter"),
        percent(p.hasMaxEjectionPercent(), p.getMaxEjectionPercent(), 10, "max_ejection_percent"),
        p.hasAlwaysEjectOneHost() && p.getAlwaysEjectOneHost().getValue(),
        percent(
            p.hasEnforcingFailurePercentageLocalOrigin(),
            p.getEnforcingFailurePercentageLocalOrigin(),
            0,
            "enforcing_failure_percentage_local_origin"),
        !p.hasSuccessfulActiveHealthCheckUnejectHost()
            || p.getSuccessfulActiveHealthCheckUnejectHost().getValue(),
        own.errors(),
        own.detectDegraded());
  }

  private int count(boolean set, UInt32Value value, int unset, String field) throws Rejection {
    return decoding.number(set, value, unset, path.field(field));
  }

  private int percent(boolean set, UInt32Value value, int unset, String field) throws Rejection {
    int percent = count(set, value, unset, field);
    if (percent > 100) {
      throw new Rejection(path.field(field), "must be at most 100");
    }
    return percent;
  }

  private Duration duration(
      boolean set, com.google.protobuf.Duration value, long unsetMillis, String field)
      throws Rejection {
    return set ? decoding.duration(value, path.field(field)) : Duration.ofMillis(unsetMillis);
  }
}
