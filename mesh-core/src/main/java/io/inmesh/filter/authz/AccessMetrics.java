package io.inmesh.filter.authz;

import io.inmesh.telemetry.InstrumentNames;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;

/** Counts decisions by result and policy. Thread-safe. */
final class AccessMetrics {
  static final AttributeKey<String> RESULT = AttributeKey.stringKey("result");
  static final AttributeKey<String> POLICY = AttributeKey.stringKey("policy");

  private final LongCounter decisions;

  AccessMetrics(OpenTelemetry telemetry) {
    decisions =
        telemetry
            .getMeter(InstrumentNames.SCOPE)
            .counterBuilder(InstrumentNames.AUTHORIZATION)
            .build();
  }

  static Attributes attributes(String result, String policy) {
    return Attributes.of(RESULT, result, POLICY, policy);
  }

  void count(Attributes attributes) {
    decisions.add(1, attributes);
  }
}
