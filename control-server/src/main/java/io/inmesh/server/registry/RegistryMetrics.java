package io.inmesh.server.registry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Every instrument of the registry. */
final class RegistryMetrics {
  private static final AttributeKey<String> HEALTH = AttributeKey.stringKey("health");
  private static final AttributeKey<String> KIND = AttributeKey.stringKey("kind");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");

  private final LongCounter registrations;
  private final LongCounter heartbeats;
  private final LongCounter ended;
  private final LongCounter refused;

  RegistryMetrics(Meter meter, Supplier<RegistrySnapshot> snapshot, Supplier<Boolean> trouble) {
    registrations =
        meter
            .counterBuilder("inmesh.registry.registrations")
            .setDescription("Registrations accepted")
            .build();
    heartbeats =
        meter
            .counterBuilder("inmesh.registry.heartbeats")
            .setDescription("Heartbeats over HTTP that renewed a lease")
            .build();
    ended =
        meter
            .counterBuilder("inmesh.registry.leases.ended")
            .setDescription("Instances that left, by reason")
            .build();
    refused =
        meter
            .counterBuilder("inmesh.registry.refused")
            .setDescription("Registrations refused, by reason")
            .build();
    meter
        .gaugeBuilder("inmesh.registry.instances")
        .ofLongs()
        .setDescription("Registered instances by the health that callers are told")
        .buildWithCallback(gauge -> observeInstances(gauge, snapshot.get()));
    meter
        .gaugeBuilder("inmesh.registry.held")
        .ofLongs()
        .setDescription("Instances kept by the empty-set guard")
        .buildWithCallback(
            gauge ->
                gauge.record(
                    snapshot.get().instances().filter(i -> i.lease() == LeaseState.HELD).count()));
    meter
        .gaugeBuilder("inmesh.registry.store.failing")
        .ofLongs()
        .setDescription("1 while the state directory cannot be written")
        .buildWithCallback(gauge -> gauge.record(trouble.get() ? 1 : 0));
  }

  private static void observeInstances(ObservableLongMeasurement gauge, RegistrySnapshot snapshot) {
    Map<InstanceHealth, Long> byHealth = new EnumMap<>(InstanceHealth.class);
    for (InstanceHealth health : InstanceHealth.values()) {
      byHealth.put(health, 0L);
    }
    snapshot.instances().forEach(i -> byHealth.merge(i.health(), 1L, Long::sum));
    byHealth.forEach((health, count) -> gauge.record(count, Attributes.of(HEALTH, health.name())));
  }

  void registered(LeaseKind kind) {
    registrations.add(1, Attributes.of(KIND, kind.name()));
  }

  void heartbeat(long count) {
    heartbeats.add(count);
  }

  void ended(String reason) {
    ended.add(1, Attributes.of(REASON, reason));
  }

  void refused(String reason) {
    refused.add(1, Attributes.of(REASON, reason));
  }
}
