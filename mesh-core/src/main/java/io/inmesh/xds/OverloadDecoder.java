package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.envoyproxy.envoy.config.core.v3.RuntimePercent;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.type.v3.Int32Range;
import io.inmesh.model.Fraction;
import io.inmesh.wire.filters.v1.IdempotencyKeys;
import io.inmesh.wire.filters.v1.InFlightLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The filters that protect from too much: admission, concurrency, in flight, repetition. */
final class OverloadDecoder {
  /** What Envoy counts as success: all but those that say that a server is in trouble. */
  private static final Set<Integer> GRPC_SUCCESS = Set.of(0, 1, 2, 3, 5, 6, 7, 9, 11, 12, 16);

  private static final List<io.inmesh.model.AdmissionControl.Range> HTTP_SUCCESS =
      List.of(new io.inmesh.model.AdmissionControl.Range(100, 500));

  private final Decoding decoding;

  OverloadDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  io.inmesh.model.AdmissionControl admission(AdmissionControl control, FieldPath path)
      throws Rejection {
    Duration window =
        decoding.positive(
            control.hasSamplingWindow(),
            control.getSamplingWindow(),
            path.field("sampling_window"));
    double aggression = control.hasAggression() ? control.getAggression().getDefaultValue() : 1;
    return new io.inmesh.model.AdmissionControl(
        share(control.hasEnabled(), control.getEnabled()),
        window == null ? Duration.ofSeconds(30) : window,
        Math.max(
            1,
            percent(
                control.hasSrThreshold(),
                control.getSrThreshold(),
                95,
                path.field("sr_threshold"))),
        // Envoy takes less than one as one.
        aggression >= 1 ? aggression : 1,
        control.getRpsThreshold().getDefaultValue(),
        percent(
            control.hasMaxRejectionProbability(),
            control.getMaxRejectionProbability(),
            80,
            path.field("max_rejection_probability")),
        httpSuccess(control.getSuccessCriteria()),
        grpcSuccess(control.getSuccessCriteria()));
  }

  private static List<io.inmesh.model.AdmissionControl.Range> httpSuccess(
      AdmissionControl.SuccessCriteria criteria) {
    if (!criteria.hasHttpCriteria()) {
      return HTTP_SUCCESS;
    }
    List<io.inmesh.model.AdmissionControl.Range> ranges = new ArrayList<>();
    for (Int32Range range : criteria.getHttpCriteria().getHttpSuccessStatusList()) {
      ranges.add(new io.inmesh.model.AdmissionControl.Range(range.getStart(), range.getEnd()));
    }
    return ranges;
  }

  private static Set<Integer> grpcSuccess(AdmissionControl.SuccessCriteria criteria) {
    return criteria.hasGrpcCriteria()
        ? new LinkedHashSet<>(criteria.getGrpcCriteria().getGrpcSuccessStatusList())
        : GRPC_SUCCESS;
  }

  private static double percent(boolean set, RuntimePercent percent, double unset, FieldPath path)
      throws Rejection {
    return set ? Percents.checked(percent.getDefaultValue().getValue(), path) : unset;
  }

  private static Fraction share(boolean set, RuntimeFeatureFlag flag) {
    return !set || !flag.hasDefaultValue() || flag.getDefaultValue().getValue()
        ? Fraction.ALL
        : Fraction.NONE;
  }

  io.inmesh.model.AdaptiveConcurrency concurrency(AdaptiveConcurrency concurrency, FieldPath path)
      throws Rejection {
    GradientControllerConfig config = concurrency.getGradientControllerConfig();
    FieldPath at = path.field("gradient_controller_config");
    GradientControllerConfig.ConcurrencyLimitCalculationParams limits =
        config.getConcurrencyLimitParams();
    GradientControllerConfig.MinimumRTTCalculationParams rtt = config.getMinRttCalcParams();
    FieldPath rttAt = at.field("min_rtt_calc_params");
    Duration update =
        decoding.positive(
            limits.hasConcurrencyUpdateInterval(),
            limits.getConcurrencyUpdateInterval(),
            at.field("concurrency_limit_params").field("concurrency_update_interval"));
    Duration interval =
        decoding.positive(rtt.hasInterval(), rtt.getInterval(), rttAt.field("interval"));
    Duration fixed =
        decoding.positive(rtt.hasFixedValue(), rtt.getFixedValue(), rttAt.field("fixed_value"));
    if (update == null) {
      throw new Rejection(at.field("concurrency_limit_params"), "needs an update interval");
    }
    if (interval == null && fixed == null) {
      throw new Rejection(rttAt, "needs interval or fixed_value");
    }
    int status = concurrency.getConcurrencyLimitExceededStatus().getCodeValue();
    return new io.inmesh.model.AdaptiveConcurrency(
        share(concurrency.hasEnabled(), concurrency.getEnabled()),
        config.hasSampleAggregatePercentile()
            ? Percents.checked(
                config.getSampleAggregatePercentile().getValue(),
                at.field("sample_aggregate_percentile"))
            : 50,
        decoding.saturated(limits.hasMaxConcurrencyLimit(), limits.getMaxConcurrencyLimit(), 1000),
        update,
        interval == null ? Duration.ofMinutes(1) : interval,
        fixed,
        Math.max(1, decoding.saturated(rtt.hasRequestCount(), rtt.getRequestCount(), 50)),
        rtt.hasJitter() ? Percents.checked(rtt.getJitter().getValue(), rttAt.field("jitter")) : 15,
        Math.max(1, decoding.saturated(rtt.hasMinConcurrency(), rtt.getMinConcurrency(), 3)),
        rtt.hasBuffer() ? Percents.checked(rtt.getBuffer().getValue(), rttAt.field("buffer")) : 25,
        status < 400 ? 503 : status);
  }

  io.inmesh.model.InFlightLimit inFlight(InFlightLimit limit, FieldPath path) throws Rejection {
    if (limit.getMax() <= 0) {
      throw new Rejection(path.field("max"), "must be positive");
    }
    return new io.inmesh.model.InFlightLimit(limit.getMax());
  }

  io.inmesh.model.IdempotencyKeys keys(IdempotencyKeys keys, FieldPath path) throws Rejection {
    var usual = io.inmesh.model.IdempotencyKeys.DEFAULT;
    Duration ttl = decoding.positive(keys.hasTtl(), keys.getTtl(), path.field("ttl"));
    return new io.inmesh.model.IdempotencyKeys(
        ttl == null ? usual.ttl() : ttl,
        keys.getMaxEntries() > 0 ? keys.getMaxEntries() : usual.maxEntries(),
        keys.getMaxBytes() > 0 ? keys.getMaxBytes() : usual.maxBytes(),
        keys.getMaxResponseBytes() > 0 ? keys.getMaxResponseBytes() : usual.maxResponseBytes());
  }
}
