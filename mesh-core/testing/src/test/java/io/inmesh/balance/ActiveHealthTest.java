package io.inmesh.balance;

import static io.inmesh.balance.ProbeAnswer.Kind.DEGRADED;
import static io.inmesh.balance.ProbeAnswer.Kind.FAILED;
import static io.inmesh.balance.ProbeAnswer.Kind.HEALTHY;
import static io.inmesh.balance.ProbeAnswer.Kind.UNHEALTHY;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.HealthCheck.Intervals;
import io.inmesh.model.HealthCheck.Probe;
import io.inmesh.model.Locality;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.Snapshots;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Envoy's thresholds and intervals of active health checks. */
class ActiveHealthTest implements HealthListener {
  private static final Intervals TIMES =
      new Intervals(
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(3),
          Duration.ofSeconds(4),
          Duration.ofSeconds(60),
          Duration.ofSeconds(90),
          Duration.ZERO,
          Duration.ZERO,
          0);
  private static final HealthCheck CHECK =
      new HealthCheck(new Probe.Tcp("", List.of()), Duration.ofSeconds(1), TIMES, 3, 2);

  private final ManualClock clock = new ManualClock();
  private final FakeProber prober = new FakeProber();
  private final List<Host> hosts = new ArrayList<>();
  private final OutlierDetector outliers = new OutlierDetector(clock, FakeMesh.seeded(1), this);
  private final ActiveHealth health =
      new ActiveHealth(clock, FakeMesh.seeded(1), new Probes(prober), outliers, this);
  private int changes;

  /** Answers at once as it is told to; null: not at all. */
  private static final class FakeProber implements Prober {
    private final Map<Integer, ProbeAnswer.@Nullable Kind> answers = new HashMap<>();
    private final List<Integer> asked = new ArrayList<>();

    @Override
    public Session open(ProbeTarget target) {
      int port = target.address().getPort();
      return new Session() {
        @Override
        public void ask(Consumer<ProbeAnswer> answered) {
          asked.add(port);
          ProbeAnswer.Kind kind = answers.getOrDefault(port, HEALTHY);
          if (kind != null) {
            answered.accept(new ProbeAnswer(kind, "told to"));
          }
        }

        @Override
        public void close() {}
      };
    }
  }

  @Override
  public void changed() {
    changes++;
  }

  @Override
  public void detected(Detector by, boolean enforced) {}

  @Override
  public void overflow() {}

  @Override
  public void ejections(int change) {}

  private static Cluster cluster(@Nullable HealthCheck check) {
    Cluster plain = Snapshots.cluster("orders", "orders", List.of());
    return new Cluster(
        plain.name(),
        plain.service(),
        plain.localities(),
        plain.overprovisioning(),
        plain.drops(),
        plain.balancer(),
        plain.connectTimeout(),
        plain.protocol(),
        plain.breakers(),
        null,
        null,
        null,
        check,
        ConnectionPolicy.DEFAULT);
  }

  private void watch(HealthCheck check, int count) {
    for (int i = hosts.size(); i < count; i++) {
      hosts.add(Hosts.host(i + 1, 1, new EndpointState()));
    }
    health.watch(cluster(check), hosts);
  }

  private void traffic() {
    hosts.forEach(host -> host.state().taken());
  }

  private boolean usable(int port) {
    return hosts.get(port - 1).state().usable();
  }

  private void answer(int port, ProbeAnswer.@Nullable Kind kind) {
    prober.answers.put(port, kind);
  }

  private int probesOf(Duration time) {
    int before = prober.asked.size();
    clock.advanceNanos(time.toNanos());
    return prober.asked.size() - before;
  }

  @ParameterizedTest
  @CsvSource({
    // The kind of each answer in turn, and whether the host is used after the last of them.
    "H, true",
    "F, false", // the first answer decides alone
    "U, false",
    "HFF, true",
    "HFFF, false",
    "HFFHFF, true", // a success begins the count anew
    "HU, false", // what says that it does not work is believed at once
    "FH, false",
    "FHH, true",
    "FHFH, false", // a failure begins the count anew
    "HFFFHH, true",
    "HFFFHHFF, true",
  })
  void thresholds(String answers, boolean usable) {
    play(answers, false);
    assertThat(usable(1)).isEqualTo(usable);
  }

  /** Has one host probed until it has given these answers. */
  private void play(String answers, boolean traffic) {
    for (int i = 0; i < answers.length(); i++) {
      char each = answers.charAt(i);
      answer(1, each == 'H' ? HEALTHY : each == 'U' ? UNHEALTHY : FAILED);
      if (i == 0) {
        hosts.add(Hosts.host(1, 1, new EndpointState()));
        if (traffic) {
          traffic();
        }
        watch(CHECK, 1);
      }
      while (prober.asked.size() == i) {
        clock.advanceMillis(1000);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // Answers in turn, whether there is traffic, and the seconds until the next probe.
    "H, true, 10",
    "F, true, 20",
    "HF, true, 3", // at the edge: two more and it is out
    "HFFF, true, 20",
    "FH, true, 4", // at the edge: one more and it is back
    "FHH, true, 10",
    "H, false, 90",
    "F, false, 60",
    "HF, false, 60",
    "FH, false, 60",
  })
  void intervals(String answers, boolean traffic, int seconds) {
    play(answers, traffic);
    assertThat(probesOf(Duration.ofSeconds(seconds).minusNanos(1))).isZero();
    assertThat(probesOf(Duration.ofNanos(1))).isOne();
  }

  @Test
  void noAnswer_countsAsFailure_whenTheTimeIsOver() {
    answer(1, null);
    watch(CHECK, 1);
    clock.advanceMillis(999);
    assertThat(usable(1)).isTrue();
    clock.advanceMillis(1);
    assertThat(usable(1)).isFalse();
  }

  @Test
  void newHost_isUsed_onceItPasses() {
    watch(CHECK, 2);
    answer(3, null);
    watch(CHECK, 3);
    assertThat(usable(3)).isFalse();
    answer(3, HEALTHY);
    clock.advanceMillis(61_000);
    assertThat(usable(3)).isFalse(); // the timeout was a failure, two successes are needed
    clock.advanceMillis(60_000);
    assertThat(usable(3)).isTrue();
  }

  @Test
  void hostsThatHaveNotAnswered_areUsed_whileNoneIsKnownToWork() {
    answer(1, null);
    answer(2, null);
    watch(CHECK, 2);
    assertThat(usable(1)).isTrue();
    assertThat(usable(2)).isTrue();
  }

  @Test
  void hostThatLeaves_isProbedNoMore() {
    watch(CHECK, 2);
    hosts.remove(1);
    watch(CHECK, 1);
    prober.asked.clear();
    clock.advanceMillis(300_000);
    assertThat(prober.asked).containsOnly(1).isNotEmpty();
  }

  @Test
  void withoutCheck_nobodyIsProbed_andNobodyStaysOut() {
    answer(1, FAILED);
    watch(CHECK, 1);
    assertThat(usable(1)).isFalse();
    health.watch(cluster(null), hosts);
    assertThat(usable(1)).isTrue();
    assertThat(clock.pending()).isZero();
    assertThat(probesOf(Duration.ofHours(1))).isZero();
  }

  @Test
  void close_leavesNoTimer() {
    answer(1, null);
    watch(CHECK, 3);
    health.close();
    assertThat(clock.pending()).isZero();
  }

  @Test
  void disabledHost_isNotProbed() {
    Endpoint plain = Snapshots.endpoint("10.0.0.1", 1);
    hosts.add(
        new Host(
            new Endpoint(
                plain.address(),
                1,
                Endpoint.Health.HEALTHY,
                "",
                Map.of(),
                new Endpoint.Probing(true, null, "")),
            Locality.UNKNOWN,
            0,
            new EndpointState()));
    watch(CHECK, 2);
    assertThat(prober.asked).containsExactly(2);
    assertThat(usable(1)).isTrue();
  }

  @Test
  void probeAddress_isAsked() {
    Endpoint plain = Snapshots.endpoint("10.0.0.1", 1);
    hosts.add(
        new Host(
            new Endpoint(
                plain.address(),
                1,
                Endpoint.Health.HEALTHY,
                "",
                Map.of(),
                new Endpoint.Probing(false, new InetSocketAddress("10.0.0.1", 9), "")),
            Locality.UNKNOWN,
            0,
            new EndpointState()));
    watch(CHECK, 1);
    assertThat(prober.asked).containsExactly(9);
  }

  @Test
  void degradedHost_isUsed_whenOthersAreNotEnough() {
    answer(1, DEGRADED);
    watch(CHECK, 2);
    assertThat(hosts.get(0).health()).isEqualTo(Endpoint.Health.DEGRADED);
    assertThat(hosts.get(1).health()).isEqualTo(Endpoint.Health.HEALTHY);
    assertThat(usable(1)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void success_endsAnEjection_ifTheDetectorSaysSo(boolean unejects) {
    watch(CHECK, 2);
    List<EndpointState> states = hosts.stream().map(Host::state).toList();
    Duration hour = Duration.ofHours(1);
    outliers.watch(
        Outliers.defaults()
            .maxEjectionPercent(50)
            .baseEjectionTime(hour)
            .maxEjectionTime(hour)
            .unejectOnProbe(unejects)
            .build(),
        states);
    for (int i = 0; i < 5; i++) {
      outliers.responded(states.get(0), 500);
    }
    assertThat(usable(1)).isFalse();
    clock.advanceMillis(90_000);
    assertThat(usable(1)).isEqualTo(unejects);
  }

  @Test
  void quietCluster_isNotProbed_untilItIsCalledAgain() {
    traffic();
    watch(CHECK, 1);
    answer(1, FAILED);
    traffic();
    clock.advanceNanos(ActiveHealth.QUIET.plusMinutes(2).toNanos());
    assertThat(probesOf(Duration.ofHours(1))).isZero();
    assertThat(usable(1)).as("what is known is too old").isTrue();
    traffic();
    assertThat(probesOf(Duration.ofMinutes(2))).isPositive();
    assertThat(usable(1)).isFalse();
  }

  @Test
  void probesUnderWay_areBounded() {
    for (int port = 1; port <= Probes.MAX + 50; port++) {
      answer(port, null);
    }
    watch(CHECK, Probes.MAX + 50);
    assertThat(prober.asked).hasSize(Probes.MAX);
    clock.advanceMillis(1000);
    assertThat(prober.asked).hasSize(Probes.MAX + 50);
  }

  @Test
  void jitter_isAdded_neverTakenAway() {
    Intervals jittered =
        new Intervals(
            TIMES.interval(),
            TIMES.unhealthy(),
            TIMES.unhealthyEdge(),
            TIMES.healthyEdge(),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            30);
    watch(new HealthCheck(CHECK.probe(), CHECK.timeout(), jittered, 3, 2), 50);
    assertThat(prober.asked).isEmpty();
    assertThat(probesOf(Duration.ofSeconds(5))).isEqualTo(50);
    assertThat(probesOf(Duration.ofSeconds(5))).isZero();
    assertThat(probesOf(Duration.ofSeconds(10))).as("10 s and up to 30 % and 2 s").isEqualTo(50);
  }

  @Test
  void balancing_isDoneAnew_onlyWhenSomethingChanged() {
    watch(CHECK, 2);
    changes = 0;
    clock.advanceMillis(600_000);
    assertThat(changes).isZero();
    answer(2, UNHEALTHY);
    clock.advanceMillis(90_000);
    assertThat(changes).isOne();
  }
}
