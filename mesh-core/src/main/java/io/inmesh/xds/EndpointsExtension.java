package io.inmesh.xds;

import com.google.protobuf.Any;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.StatusRange;
import io.inmesh.wire.cluster.v1.Endpoints;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Our own extension of clusters about their endpoints.
 *
 * @param subsetSize 0: all
 * @param accrual null: off
 * @param errors of outlier detection; empty: 5xx
 * @param detectDegraded by outlier detection
 */
record EndpointsExtension(
    int subsetSize,
    @Nullable FailureAccrual accrual,
    List<StatusRange> errors,
    boolean detectDegraded) {
  /** The key in {@code typed_extension_protocol_options}. */
  static final String NAME = "inmesh.endpoints";

  private static final EndpointsExtension NONE = new EndpointsExtension(0, null, List.of(), false);

  static EndpointsExtension decode(Map<String, Any> options, Decoding decoding, FieldPath root)
      throws Rejection {
    Any any = options.get(NAME);
    if (any == null) {
      return NONE;
    }
    FieldPath path = root.key("typed_extension_protocol_options", NAME);
    Endpoints proto = decoding.unpack(any, Endpoints.class, path);
    if (proto.getSubsetSize() < 0) {
      throw new Rejection(path.field("subset_size"), "is too large");
    }
    List<StatusRange> errors = new ArrayList<>();
    for (int i = 0; i < proto.getOutlierErrorsCount(); i++) {
      int first = proto.getOutlierErrors(i).getFirst();
      int last = proto.getOutlierErrors(i).getLast();
      if (first < 100 || last > 599 || first > last) {
        throw new Rejection(path.field("outlier_errors", i), "must be from 100 to 599");
      }
      errors.add(new StatusRange(first, last));
    }
    return new EndpointsExtension(
        proto.getSubsetSize(),
        proto.hasFailureAccrual()
            ? accrual(proto.getFailureAccrual(), decoding, path.field("failure_accrual"))
            : null,
        errors,
        proto.getDetectDegradedHosts());
  }

  private static FailureAccrual accrual(
      io.inmesh.wire.cluster.v1.FailureAccrual proto, Decoding decoding, FieldPath path)
      throws Rejection {
    Duration least =
        proto.hasMinPenalty()
            ? decoding.duration(proto.getMinPenalty(), path.field("min_penalty"))
            : Duration.ofSeconds(1);
    Duration most =
        proto.hasMaxPenalty()
            ? decoding.duration(proto.getMaxPenalty(), path.field("max_penalty"))
            : Duration.ofSeconds(60);
    if (least.isZero() || least.compareTo(most) > 0) {
      throw new Rejection(path.field("min_penalty"), "must be more than 0 and at most max_penalty");
    }
    if (!(proto.getJitterRatio() >= 0 && proto.getJitterRatio() <= 100)) {
      throw new Rejection(path.field("jitter_ratio"), "must be from 0 to 100");
    }
    return new FailureAccrual(
        proto.getMaxFailures() == 0 ? 7 : Math.max(1, proto.getMaxFailures()),
        least,
        most,
        proto.getJitterRatio(),
        proto.hasSuccessRate()
            ? successRate(proto.getSuccessRate(), decoding, path.field("success_rate"))
            : null,
        proto.getHonorRetryAfter());
  }

  private static FailureAccrual.SuccessRate successRate(
      io.inmesh.wire.cluster.v1.FailureAccrual.SuccessRate proto, Decoding decoding, FieldPath path)
      throws Rejection {
    double threshold = proto.hasThreshold() ? proto.getThreshold().getValue() : 0.8;
    if (!(threshold > 0 && threshold <= 1)) {
      throw new Rejection(path.field("threshold"), "must be more than 0 and at most 1");
    }
    Duration window =
        proto.hasWindow()
            ? decoding.duration(proto.getWindow(), path.field("window"))
            : Duration.ofSeconds(10);
    if (window.isZero()) {
      throw new Rejection(path.field("window"), "must be longer than zero");
    }
    return new FailureAccrual.SuccessRate(
        threshold,
        window,
        decoding.number(
            proto.hasMinRequests(), proto.getMinRequests(), 5, path.field("min_requests")));
  }
}
