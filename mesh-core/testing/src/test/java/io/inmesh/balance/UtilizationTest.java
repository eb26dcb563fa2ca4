package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.control.ManualClock;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.testing.FakeMesh;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights from load reports, gRFC A58. */
class UtilizationTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Algorithm.Utilization POLICY =
      new Algorithm.Utilization(
          false,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofMinutes(3),
          Duration.ofSeconds(1),
          1.0);

  private final ManualClock clock = new ManualClock();

  /** {@code qps / (utilisation + eps / qps * penalty)}. */
  @ParameterizedTest
  @CsvSource({
    "100, 0, 0.5, 1, 200",
    "100, 10, 0.5, 1, 166.6667",
    "100, 10, 0.5, 0, 200",
    "100, 50, 0.5, 2, 66.6667",
    "0, 0, 0.5, 1, 0",
    "100, 0, 0, 1, 0",
    "100, 20, 0, 1, 500"
  })
  void weight_followsFromTheReport(
      double qps, double eps, double utilization, double penalty, double weight) {
    ReportedLoad load = new ReportedLoad();
    load.report(qps, eps, utilization, penalty, 0);
    assertThat(load.weight(1, 0, 180 * SECOND)).isCloseTo(weight, within(1e-3));
  }

  @Test
  void weight_isUsedAfterTheBlackout_untilItExpires() {
    ReportedLoad load = new ReportedLoad();
    load.report(100, 0, 0.5, 1, 0);
    assertThat(load.weight(10 * SECOND - 1, 10 * SECOND, 180 * SECOND)).isZero();
    assertThat(load.weight(10 * SECOND, 10 * SECOND, 180 * SECOND)).isEqualTo(200);
    assertThat(load.weight(180 * SECOND, 10 * SECOND, 180 * SECOND)).isZero();
    load.report(100, 0, 0.5, 1, 181 * SECOND);
    assertThat(load.weight(182 * SECOND, 10 * SECOND, 180 * SECOND))
        .as("an expired report begins a new blackout")
        .isZero();
  }

  @Test
  void picks_followReports_andUnknownHostsGetTheMean() {
    List<Host> hosts = Hosts.equal(3);
    UtilizationRoundRobin picker =
        new UtilizationRoundRobin(new HostSet(hosts), POLICY, clock, FakeMesh.seeded(1));
    Hosts.counts(picker, 300, FakeMesh.seeded(1))
        .values()
        .forEach(count -> assertThat(count).isEqualTo(100));
    hosts.get(0).state().reportedLoad().report(100, 0, 0.9, 1, clock.nanoTime());
    hosts.get(1).state().reportedLoad().report(100, 0, 0.3, 1, clock.nanoTime());
    clock.advanceMillis(11_000);
    picker.refresh(clock.nanoTime());
    // Weights 111, 333 and their mean 222.
    Map<Integer, Integer> counts = Hosts.counts(picker, 6_000, FakeMesh.seeded(1));
    assertThat(counts.get(1)).isBetween(950, 1_050);
    assertThat(counts.get(2)).isBetween(2_950, 3_050);
    assertThat(counts.get(3)).isBetween(1_950, 2_050);
  }
}
