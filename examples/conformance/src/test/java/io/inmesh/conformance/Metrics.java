package io.inmesh.conformance;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The metrics of one process, read when asked. */
final class Metrics implements MetricReader, OpenTelemetry {
  private CollectionRegistration source = CollectionRegistration.noop();
  private final SdkMeterProvider meters =
      SdkMeterProvider.builder().registerMetricReader(this).build();

  @Override
  public void register(CollectionRegistration registration) {
    source = registration;
  }

  /** The points of a metric, whatever their attributes. */
  Stream<LongPointData> points(String name) {
    return source.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals(name))
        .flatMap(
            metric ->
                Stream.concat(
                    metric.getLongGaugeData().getPoints().stream(),
                    metric.getLongSumData().getPoints().stream()));
  }

  /** The attributes of a metric's points. */
  List<Attributes> attributes(String name) {
    return source.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals(name))
        .flatMap(metric -> metric.getData().getPoints().stream())
        .map(PointData::getAttributes)
        .toList();
  }

  long refused(String reason) {
    return count("inmesh.server.connections.refused", Map.of("reason", reason));
  }

  /** The sum of a metric's points with these attributes, among others. */
  long count(String name, Map<String, String> attributes) {
    return points(name)
        .filter(
            point ->
                attributes.entrySet().stream()
                    .allMatch(
                        each ->
                            each.getValue()
                                .equals(
                                    point
                                        .getAttributes()
                                        .get(AttributeKey.stringKey(each.getKey())))))
        .mapToLong(LongPointData::getValue)
        .sum();
  }

  @Override
  public CompletableResultCode forceFlush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public AggregationTemporality getAggregationTemporality(InstrumentType type) {
    return AggregationTemporality.CUMULATIVE;
  }

  @Override
  public MeterProvider getMeterProvider() {
    return meters;
  }

  @Override
  public TracerProvider getTracerProvider() {
    return TracerProvider.noop();
  }

  @Override
  public ContextPropagators getPropagators() {
    return ContextPropagators.noop();
  }
}
