package io.inmesh.server;

import io.inmesh.server.admin.PrometheusReader;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import java.lang.management.ManagementFactory;

/** The OpenTelemetry SDK of this process, read by scrapes only. */
final class Telemetry implements AutoCloseable {
  private final PrometheusReader reader = new PrometheusReader();
  private final SdkMeterProvider provider =
      SdkMeterProvider.builder().registerMetricReader(reader).build();

  Telemetry() {
    Meter meter = meter();
    long started = System.nanoTime();
    meter
        .gaugeBuilder("inmesh.server.uptime")
        .setUnit("s")
        .setDescription("Time since the server started")
        .buildWithCallback(gauge -> gauge.record((System.nanoTime() - started) / 1e9));
    meter
        .gaugeBuilder("jvm.memory.used")
        .setUnit("By")
        .ofLongs()
        .setDescription("Heap in use")
        .buildWithCallback(
            gauge ->
                gauge.record(
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()));
    meter
        .gaugeBuilder("jvm.thread.count")
        .ofLongs()
        .setDescription("Live threads")
        .buildWithCallback(
            gauge -> gauge.record(ManagementFactory.getThreadMXBean().getThreadCount()));
  }

  Meter meter() {
    return provider.get("io.inmesh.server");
  }

  String scrape() {
    return reader.scrape();
  }

  @Override
  public void close() {
    provider.close();
  }
}
