package io.inmesh.server.ads;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The engine's instruments, under the names istiod gave them where it has the same thing, so that
 * existing dashboards work. Times are in seconds. Thread-safe.
 */
final class AdsMetrics {
  private static final AttributeKey<String> TYPE = AttributeKey.stringKey("type");
  private static final AttributeKey<String> KIND = AttributeKey.stringKey("kind");
  private static final List<Double> SECONDS =
      List.of(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 5.0, 10.0, 20.0, 30.0);
  private static final List<Long> BYTES =
      List.of(1L, 1_000L, 10_000L, 100_000L, 500_000L, 1_000_000L, 4_000_000L, 10_000_000L);
  private static final double NANOS = 1e9;

  private final Map<String, Attributes> byType = new HashMap<>();
  private final Meter meter;
  private final LongCounter pushes;
  private final LongCounter rejects;
  private final LongCounter expiredNonces;
  private final LongCounter slowClients;
  private final LongHistogram bytes;
  private final DoubleHistogram pushTime;
  private final DoubleHistogram queueTime;
  private final DoubleHistogram convergenceTime;

  AdsMetrics(Meter meter) {
    this.meter = meter;
    for (String type : List.of("cds", "eds", "lds", "rds", "sds", "other")) {
      byType.put(type, Attributes.of(TYPE, type));
    }
    pushes =
        meter.counterBuilder("pilot_xds_pushes").setDescription("Responses sent, by type.").build();
    rejects =
        meter
            .counterBuilder("pilot_total_xds_rejects")
            .setDescription("Responses that a client refused, by type.")
            .build();
    expiredNonces =
        meter
            .counterBuilder("pilot_xds_expired_nonce")
            .setDescription("Requests that answered a response other than the last, by type.")
            .build();
    slowClients =
        meter
            .counterBuilder("pilot_xds_write_timeout")
            .setDescription("Clients disconnected because they fell too far behind.")
            .build();
    bytes =
        meter
            .histogramBuilder("pilot_xds_config_size_bytes")
            .setDescription("Size of responses, by type.")
            .setUnit("By")
            .ofLongs()
            .setExplicitBucketBoundariesAdvice(BYTES)
            .build();
    pushTime =
        seconds(meter, "pilot_xds_push_time", "Time to put a response together and send it.");
    queueTime =
        seconds(
            meter,
            "pilot_proxy_queue_time",
            "Time from the publication of a change until a stream looks at it.");
    convergenceTime =
        seconds(
            meter,
            "pilot_proxy_convergence_time",
            "Time from a change until a client that needs it has acknowledged it.");
  }

  private static DoubleHistogram seconds(Meter meter, String name, String description) {
    return meter
        .histogramBuilder(name)
        .setDescription(description)
        .setUnit("s")
        .setExplicitBucketBoundariesAdvice(SECONDS)
        .build();
  }

  /** Reports the connected clients, counted when asked. */
  ObservableLongGauge observeClients(Supplier<Map<ClientKind, Long>> count) {
    return meter
        .gaugeBuilder("pilot_xds")
        .setDescription("Connected xDS clients, by kind.")
        .ofLongs()
        .buildWithCallback(
            gauge ->
                count
                    .get()
                    .forEach(
                        (kind, n) ->
                            gauge.record(
                                n,
                                Attributes.of(
                                    KIND, kind.name().toLowerCase(java.util.Locale.ROOT)))));
  }

  private Attributes attributes(String typeUrl) {
    return byType.getOrDefault(TypeUrl.shortName(typeUrl), Attributes.empty());
  }

  void pushed(String typeUrl, int size, long nanos) {
    Attributes type = attributes(typeUrl);
    pushes.add(1, type);
    bytes.record(size, type);
    pushTime.record(nanos / NANOS, type);
  }

  void rejected(String typeUrl) {
    rejects.add(1, attributes(typeUrl));
  }

  void expiredNonce(String typeUrl) {
    expiredNonces.add(1, attributes(typeUrl));
  }

  void slowClientClosed() {
    slowClients.add(1);
  }

  void queued(long nanos) {
    queueTime.record(nanos / NANOS);
  }

  void converged(long nanos) {
    convergenceTime.record(nanos / NANOS);
  }
}
