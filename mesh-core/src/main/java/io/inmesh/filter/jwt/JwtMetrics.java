package io.inmesh.filter.jwt;

import io.inmesh.telemetry.InstrumentNames;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Counts requests with tokens by result. Thread-safe. */
final class JwtMetrics {
  static final AttributeKey<String> RESULT = AttributeKey.stringKey("result");
  private static final Attributes ACCEPTED = Attributes.of(RESULT, "accepted");

  private final LongCounter requests;
  private final Map<Refusal, Attributes> refusals = new EnumMap<>(Refusal.class);

  JwtMetrics(OpenTelemetry telemetry) {
    requests =
        telemetry.getMeter(InstrumentNames.SCOPE).counterBuilder(InstrumentNames.TOKENS).build();
    for (Refusal refusal : Refusal.values()) {
      refusals.put(refusal, Attributes.of(RESULT, refusal.name().toLowerCase(Locale.ROOT)));
    }
  }

  void accepted() {
    requests.add(1, ACCEPTED);
  }

  void refused(Refusal refusal) {
    requests.add(1, Objects.requireNonNull(refusals.get(refusal)));
  }
}
