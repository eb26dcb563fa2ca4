package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.control.ManualClock;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.BalancerPolicy.SlowStart;
import io.inmesh.testing.FakeMesh;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SlowStartTest {
  private static final long SECOND = 1_000_000_000L;
  private final ManualClock clock = new ManualClock();

  /** {@code max(min, (age / window) ^ (1 / aggression))}, a minute's window. */
  @ParameterizedTest
  @CsvSource({
    "0, 1.0, 10, 0.1",
    "3, 1.0, 10, 0.1",
    "6, 1.0, 10, 0.1",
    "30, 1.0, 10, 0.5",
    "45, 1.0, 10, 0.75",
    "60, 1.0, 10, 1",
    "90, 1.0, 10, 1",
    "15, 2.0, 10, 0.5",
    "15, 0.5, 0, 0.0625",
    "15, 0.5, 10, 0.1"
  })
  void share_growsWithAge(long seconds, double aggression, double least, double share) {
    WarmUp warmUp =
        WarmUp.of(
            new HostSet(Hosts.equal(2)),
            new SlowStart(Duration.ofMinutes(1), aggression, least),
            clock);
    assertThat(warmUp.share(seconds * SECOND)).isCloseTo(share, within(1e-9));
  }

  static Stream<Algorithm> algorithms() {
    return Stream.of(new Algorithm.RoundRobin(), new Algorithm.LeastRequest(2, 0));
  }

  @ParameterizedTest
  @MethodSource("algorithms")
  void newHost_isRampedUp_thenTakesItsShare(Algorithm algorithm) {
    clock.advanceMillis(3_600_000);
    List<Host> hosts =
        List.of(
            Hosts.host(1, 1, new EndpointState(0)),
            Hosts.host(2, 1, new EndpointState(0)),
            Hosts.host(3, 1, new EndpointState(clock.nanoTime())));
    BalancerPolicy policy =
        new BalancerPolicy(algorithm, false, 50, new SlowStart(Duration.ofMinutes(1), 1, 10));
    EndpointPicker picker =
        new BuiltInPickers()
            .create(
                new HostSet(hosts), new PickerFactory.Setting(policy, clock, FakeMesh.seeded(1)));
    // Shares are weights 1 : 1 : 0.1, then 1 : 1 : 0.5, then equal.
    assertThat(Hosts.counts(picker, 21_000, FakeMesh.seeded(2)).get(3)).isBetween(800, 1_200);
    clock.advanceMillis(30_000);
    assertThat(Hosts.counts(picker, 25_000, FakeMesh.seeded(2)).get(3)).isBetween(4_600, 5_400);
    clock.advanceMillis(30_000);
    assertThat(Hosts.counts(picker, 30_000, FakeMesh.seeded(2)).get(3)).isBetween(9_600, 10_400);
  }

  @Test
  void everybodyIsNew_sharesEvenly() {
    BalancerPolicy policy =
        new BalancerPolicy(
            new Algorithm.RoundRobin(), false, 50, new SlowStart(Duration.ofMinutes(1), 1, 10));
    EndpointPicker picker =
        new BuiltInPickers()
            .create(
                new HostSet(Hosts.equal(3)),
                new PickerFactory.Setting(policy, clock, FakeMesh.seeded(1)));
    Hosts.counts(picker, 3_000, FakeMesh.seeded(2))
        .values()
        .forEach(count -> assertThat(count).isBetween(880, 1_120));
  }
}
