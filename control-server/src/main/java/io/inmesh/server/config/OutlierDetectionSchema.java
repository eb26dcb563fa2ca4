package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.TrafficPolicySpec.OutlierDetection;

/** Istio's {@code OutlierDetection}. */
final class OutlierDetectionSchema {
  static final ObjectSchema SCHEMA =
      object("OutlierDetection")
          .optional(
              "splitExternalLocalOriginErrors",
              BooleanSchema.BOOLEAN,
              "false",
              "count failures to connect apart from errors of the endpoint")
          .optional(
              "consecutiveLocalOriginFailures",
              count(),
              "failures to connect in a row; 5 if left out; needs the split")
          .optional("consecutiveGatewayErrors", count(), "502, 503 and 504 in a row; 0: off")
          .optional("consecutive5xxErrors", count(), "in a row; 5 if left out; 0: off")
          .optional("consecutiveErrors", count(), "old form of `consecutiveGatewayErrors`")
          .optional("interval", duration(), "between sweeps; 10s if left out")
          .optional(
              "baseEjectionTime", duration(), "of the first ejection, then more; 30s if left out")
          .optional("maxEjectionPercent", number(0, 100), "of all endpoints; 10 if left out")
          .optional(
              "minHealthPercent", number(0, 100), "0", "with fewer healthy endpoints, all are used")
          .optional(
              "outlierDetectionHttpErrorCodes",
              list(number(100, 599), 1, 64),
              "statuses that count instead of 500 to 599")
          .rule(
              (outlier, check) -> {
                if (outlier.has("consecutiveLocalOriginFailures")
                    && !outlier.flag("splitExternalLocalOriginErrors")) {
                  outlier.report(
                      FindingCode.INEFFECTIVE,
                      "consecutiveLocalOriginFailures",
                      "has an effect only with splitExternalLocalOriginErrors",
                      "");
                }
                if (outlier.has("interval") && outlier.duration("interval").isZero()) {
                  outlier.report(FindingCode.OUT_OF_RANGE, "interval", "must be more than 0s", "");
                }
              });

  private OutlierDetectionSchema() {}

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  private static NumberSchema count() {
    return number(0, Integer.MAX_VALUE);
  }

  static OutlierDetection read(View outlier) {
    Integer gateway = outlier.numberOrNull("consecutiveGatewayErrors");
    return new OutlierDetection(
        outlier.flag("splitExternalLocalOriginErrors"),
        outlier.numberOrNull("consecutiveLocalOriginFailures"),
        gateway == null ? outlier.numberOrNull("consecutiveErrors") : gateway,
        outlier.numberOrNull("consecutive5xxErrors"),
        outlier.durationOrNull("interval"),
        outlier.durationOrNull("baseEjectionTime"),
        outlier.numberOrNull("maxEjectionPercent"),
        outlier.number("minHealthPercent"),
        outlier.numbers("outlierDetectionHttpErrorCodes"),
        outlier.at());
  }
}
