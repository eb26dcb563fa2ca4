package io.inmesh.server.admin;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.util.Collection;
import java.util.List;

/** Hands out the SDK's metrics when they are scraped. Thread-safe. */
public final class PrometheusReader implements MetricReader {
  private volatile CollectionRegistration registration = CollectionRegistration.noop();

  /** Registered by the SDK when it is built. */
  public PrometheusReader() {}

  @Override
  public void register(CollectionRegistration sdk) {
    registration = sdk;
  }

  /** Everything as Prometheus' text format 0.0.4. */
  public String scrape() {
    Collection<MetricData> metrics = registration.collectAllMetrics();
    return PrometheusText.write(metrics == null ? List.of() : metrics);
  }

  @Override
  public AggregationTemporality getAggregationTemporality(InstrumentType type) {
    return AggregationTemporality.CUMULATIVE;
  }

  @Override
  public CompletableResultCode forceFlush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
