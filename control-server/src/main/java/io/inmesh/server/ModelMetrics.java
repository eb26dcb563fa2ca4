package io.inmesh.server;

import io.inmesh.server.config.Finding;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** The instruments of the model, under istiod's names where it has the same. */
final class ModelMetrics {
  private static final AttributeKey<String> SOURCE = AttributeKey.stringKey("source");
  private static final AttributeKey<String> LEVEL = AttributeKey.stringKey("level");
  private static final Attributes CONFIG = Attributes.of(SOURCE, "config");
  private static final Attributes REGISTRY = Attributes.of(SOURCE, "registry");
  private static final List<Double> SECONDS =
      List.of(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0);

  private final DoubleHistogram build;

  ModelMetrics(Meter meter, Supplier<List<Finding>> findings) {
    build =
        meter
            .histogramBuilder("pilot_pushcontext_init_seconds")
            .setDescription("Time to compile a change and publish its resources")
            .setUnit("s")
            .setExplicitBucketBoundariesAdvice(SECONDS)
            .build();
    meter
        .gaugeBuilder("inmesh.config.findings")
        .ofLongs()
        .setDescription("Findings about the configuration, by level")
        .buildWithCallback(
            gauge -> {
              Map<Finding.Level, Long> byLevel = new EnumMap<>(Finding.Level.class);
              for (Finding.Level level : Finding.Level.values()) {
                byLevel.put(level, 0L);
              }
              findings.get().forEach(finding -> byLevel.merge(finding.level(), 1L, Long::sum));
              byLevel.forEach(
                  (level, count) ->
                      gauge.record(
                          count, Attributes.of(LEVEL, level.name().toLowerCase(Locale.ROOT))));
            });
  }

  void compiled(boolean config, long tookNanos) {
    build.record(tookNanos / 1e9, config ? CONFIG : REGISTRY);
  }
}
