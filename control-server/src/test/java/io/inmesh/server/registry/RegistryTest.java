package io.inmesh.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.control.ManualClock;
import io.inmesh.server.registry.Registry.Heartbeat;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The life of leases, by a clock that the test moves. */
class RegistryTest {
  private final ManualClock clock = new ManualClock();
  private final List<Set<ServiceKey>> changes = new ArrayList<>();
  private final Registry registry = open();

  private Registry open() {
    return open(RegistryOptions.DEFAULTS);
  }

  private Registry open(RegistryOptions options) {
    try {
      Registry opened = Registry.open(options, clock, OpenTelemetry.noop().getMeter("test"));
      opened.listen((snapshot, services) -> changes.add(services));
      return opened;
    } catch (RegistryStateException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void register_stream_isListedWithGrowingEpochs() throws Exception {
    Lease first = stream("orders", "a");
    Lease second = stream("orders", "b");

    assertThat(second.epoch).isGreaterThan(first.epoch);
    assertThat(registry.snapshot().instances(new ServiceKey("default", "orders")))
        .extracting(i -> i.key().id(), RegisteredInstance::health)
        .containsExactly(tuple("a", InstanceHealth.HEALTHY), tuple("b", InstanceHealth.HEALTHY));
    assertThat(changes).contains(Set.of(new ServiceKey("default", "orders")));
  }

  @Test
  void register_moreThanAServiceMayHave_isRefusedAndOthersStillHaveRoom() throws Exception {
    RegistryOptions defaults = RegistryOptions.DEFAULTS;
    Registry small =
        open(new RegistryOptions(defaults.terms(), defaults.propagationBound(), 3, 2, null));
    for (String id : List.of("a", "b", "b")) { // again is not one more
      small.register(Claims.of("orders", id), "", null).get();
    }

    assertThatThrownBy(() -> small.register(Claims.of("orders", "c"), "", null).get())
        .hasMessageContaining("service default/orders has its maximum of 2 instances")
        .extracting(Throwable::getCause)
        .isInstanceOfSatisfying(
            RegistrationException.class,
            e -> assertThat(e.reason()).isEqualTo(RegistrationException.Reason.FULL));
    small.register(Claims.of("users", "a"), "", null).get();
    assertThatThrownBy(() -> small.register(Claims.of("users", "b"), "", null).get())
        .hasMessageContaining("the registry holds its maximum of 3 instances");
    small.deregister(Claims.key("orders", "a")).get();
    small.register(Claims.of("orders", "c"), "", null).get();
  }

  @Test
  void streamLost_minority_keepsGraceThenUnhealthyThenGone() throws Exception {
    for (String id : List.of("a", "b", "c")) {
      stream("orders", id);
    }
    registry.streamLost(lease("a"));
    assertThat(state("a")).isEqualTo(LeaseState.SUSPECT);
    assertThat(health("a")).isEqualTo(InstanceHealth.HEALTHY);

    clock.advanceMillis(14_999);
    assertThat(health("a")).isEqualTo(InstanceHealth.HEALTHY);
    clock.advanceMillis(1);
    assertThat(health("a")).isEqualTo(InstanceHealth.UNHEALTHY);

    clock.advanceMillis(59_999);
    assertThat(registry.snapshot().size()).isEqualTo(3);
    clock.advanceMillis(1);
    assertThat(registry.snapshot().instances())
        .extracting(i -> i.key().id())
        .containsOnly("b", "c");
    assertThat(clock.pending()).isZero();
  }

  @Test
  void register_withinGrace_keepsThePlace() throws Exception {
    stream("orders", "a");
    stream("orders", "b");
    registry.streamLost(lease("a"));
    clock.advanceMillis(10_000);

    stream("orders", "a");
    clock.advanceMillis(3_600_000);

    assertThat(state("a")).isEqualTo(LeaseState.ACTIVE);
    assertThat(health("a")).isEqualTo(InstanceHealth.HEALTHY);
  }

  @Test
  void register_again_fencesTheOlderStream() throws Exception {
    List<String> fenced = new ArrayList<>();
    Lease old = stream("orders", "a", () -> fenced.add("old"));
    Lease current = stream("orders", "a", () -> fenced.add("new"));

    registry.streamLost(old);
    clock.advanceMillis(600_000);

    assertThat(fenced).containsExactly("old");
    assertThat(registry.inForce(old)).isFalse();
    assertThat(registry.inForce(current)).isTrue();
    assertThat(state("a")).isEqualTo(LeaseState.ACTIVE);
  }

  @Test
  void streamLost_afterDrain_isRemovedWithoutUnhealthyTime() throws Exception {
    Lease lease = stream("orders", "a");
    registry.changeHealth(lease, InstanceHealth.DRAINING);
    assertThat(health("a")).isEqualTo(InstanceHealth.DRAINING);

    registry.streamLost(lease);
    clock.advanceMillis(15_000);

    assertThat(registry.snapshot().size()).isZero();
  }

  @Test
  void guard_mostOfAServiceFallsSilent_holdsItAndRaisesAnAlarm() throws Exception {
    for (String id : List.of("a", "b", "c", "d", "e")) {
      stream("orders", id);
    }
    stream("users", "u");
    for (String id : List.of("a", "b", "c")) {
      registry.streamLost(lease(id));
      clock.advanceMillis(2_000);
    }
    clock.advanceMillis(60_000);

    assertThat(List.of(health("a"), health("b"), health("c"))).containsOnly(InstanceHealth.UNKNOWN);
    assertThat(registry.alarms())
        .extracting(RegistryAlarm::code, RegistryAlarm::subject)
        .containsExactly(tuple("REGISTRY_HELD", "default/orders"));
  }

  @Test
  void guard_exactlyHalfFallsSilent_isNotHeld() throws Exception {
    stream("orders", "a");
    stream("orders", "b");
    registry.streamLost(lease("a"));
    clock.advanceMillis(15_000);

    assertThat(health("a")).isEqualTo(InstanceHealth.UNHEALTHY);
    assertThat(registry.alarms()).isEmpty();
  }

  @Test
  void guard_lossesFartherApartThanTheWindow_doNotAddUp() throws Exception {
    for (String id : List.of("a", "b", "c", "d")) {
      stream("orders", id);
    }
    registry.streamLost(lease("a"));
    clock.advanceMillis(16_000);
    registry.streamLost(lease("b"));
    clock.advanceMillis(31_000);

    assertThat(health("a")).isEqualTo(InstanceHealth.UNHEALTHY);
    assertThat(health("b")).isEqualTo(InstanceHealth.UNHEALTHY);
  }

  @Test
  void guard_mostReturn_givesTheRestALastGraceThenLetsGo() throws Exception {
    for (String id : List.of("a", "b", "c", "d")) {
      stream("orders", id);
    }
    for (String id : List.of("a", "b", "c", "d")) {
      registry.streamLost(lease(id));
    }
    clock.advanceMillis(600_000);
    assertThat(state("d")).isEqualTo(LeaseState.HELD);

    stream("orders", "a");
    assertThat(state("d")).isEqualTo(LeaseState.HELD);
    stream("orders", "b");
    assertThat(state("c")).isEqualTo(LeaseState.SUSPECT);
    stream("orders", "c");
    clock.advanceMillis(15_000);

    assertThat(state("c")).isEqualTo(LeaseState.ACTIVE);
    assertThat(state("d")).isEqualTo(LeaseState.EXPIRED);
    assertThat(registry.alarms()).isEmpty();
  }

  @Test
  void guard_explicitDeregistration_isNeverHeld() throws Exception {
    for (String id : List.of("a", "b", "c")) {
      stream("orders", id);
    }
    for (String id : List.of("a", "b", "c")) {
      registry.deregister(lease(id));
    }

    assertThat(registry.snapshot().size()).isZero();
  }

  @Test
  void guard_heldTooLong_letsGo() throws Exception {
    stream("orders", "a");
    registry.streamLost(lease("a"));
    clock.advanceMillis(15_000);
    assertThat(state("a")).isEqualTo(LeaseState.HELD);

    clock.advanceMillis(Duration.ofMinutes(61).plusSeconds(1).toMillis());

    assertThat(registry.snapshot().size()).isZero();
  }

  @Test
  void heartbeat_inTime_renews() throws Exception {
    heartbeating("orders", "a", 30);
    heartbeating("orders", "b", 30);
    for (int i = 0; i < 10; i++) {
      clock.advanceMillis(20_000);
      assertThat(beat("a")).isEmpty();
      assertThat(beat("b")).isEmpty();
    }
    assertThat(health("a")).isEqualTo(InstanceHealth.HEALTHY);

    for (int i = 0; i < 2; i++) {
      clock.advanceMillis(20_000);
      assertThat(beat("b")).isEmpty();
    }
    assertThat(health("a")).isEqualTo(InstanceHealth.UNHEALTHY);
    assertThat(beat("a")).isEmpty();
    assertThat(health("a")).isEqualTo(InstanceHealth.HEALTHY);
  }

  @Test
  void heartbeat_unknownOrStreamed_isReported() throws Exception {
    stream("orders", "a");

    assertThat(beat("a")).containsExactly(Claims.key("orders", "a"));
    assertThat(beat("nobody")).containsExactly(Claims.key("orders", "nobody"));
  }

  @Test
  void heartbeat_withHealth_changesIt() throws Exception {
    heartbeating("orders", "a", 30);

    List<Heartbeat> draining =
        List.of(new Heartbeat(Claims.key("orders", "a"), InstanceHealth.DRAINING));
    assertThat(registry.heartbeat(draining).get()).isEmpty();

    assertThat(health("a")).isEqualTo(InstanceHealth.DRAINING);
  }

  @Test
  void register_changesInOneTurn_areOneChange() throws Exception {
    changes.clear();
    clock.execute(
        () -> {
          for (int i = 0; i < 100; i++) {
            try {
              stream("orders", "i" + i);
            } catch (RegistrationException e) {
              throw new AssertionError(e);
            }
          }
        });

    assertThat(changes).containsExactly(Set.of(new ServiceKey("default", "orders")));
  }

  @Test
  void wallClock_jumps_leasesDoNotCare() throws Exception {
    heartbeating("orders", "a", 30);
    clock.jumpWallClock(Duration.ofDays(400).toMillis());
    clock.advanceMillis(29_999);
    assertThat(state("a")).isEqualTo(LeaseState.ACTIVE);
    clock.jumpWallClock(-Duration.ofDays(800).toMillis());
    clock.advanceMillis(1);
    assertThat(state("a")).isEqualTo(LeaseState.HELD);
  }

  private Lease stream(String service, String id) throws RegistrationException {
    return stream(service, id, () -> {});
  }

  private Lease stream(String service, String id, Runnable superseded)
      throws RegistrationException {
    Instance instance = registry.validated(Claims.of(service, id), "");
    Lease[] result = new Lease[1];
    List<RegistrationException> failures = new ArrayList<>();
    clock.execute(
        () -> {
          try {
            result[0] =
                registry.register(
                    instance, LeaseKind.STREAM, Duration.ofSeconds(15), why -> superseded.run());
          } catch (RegistrationException e) {
            failures.add(e);
          }
        });
    assertThat(failures).isEmpty();
    return result[0];
  }

  private void heartbeating(String service, String id, int seconds) throws Exception {
    registry.register(Claims.of(service, id), "", Duration.ofSeconds(seconds)).get();
  }

  private List<InstanceKey> beat(String id) throws Exception {
    return registry.heartbeat(List.of(new Heartbeat(Claims.key("orders", id), null))).get();
  }

  private Lease lease(String id) {
    Lease lease = registry.leaseOf(Claims.key("orders", id));
    assertThat(lease).isNotNull();
    return java.util.Objects.requireNonNull(lease);
  }

  private LeaseState state(String id) {
    return instance(id).lease();
  }

  private InstanceHealth health(String id) {
    return instance(id).health();
  }

  private RegisteredInstance instance(String id) {
    return registry
        .snapshot()
        .instances()
        .filter(i -> i.key().id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static org.assertj.core.groups.Tuple tuple(Object... values) {
    return org.assertj.core.api.Assertions.tuple(values);
  }
}
