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

/** Peak EWMA: the estimate and what is picked by it. */
class LatencyTest {
  private static final double DECAY = 10e9;
  private static final long MS = 1 << 20;

  @Test
  void estimate_unknownHost_isTheDefault() {
    assertThat(new RoundTripTime().estimate(0, DECAY, 30e6)).isEqualTo(30e6);
  }

  @Test
  void slowerResponse_countsAtOnce() {
    RoundTripTime time = new RoundTripTime();
    time.add(10 * MS, MS, DECAY);
    time.add(500 * MS, 2 * MS, DECAY);
    assertThat(time.estimate(2 * MS, DECAY, 0)).isCloseTo(500 * MS, within(100.0));
  }

  @Test
  void fasterResponses_bringItDownWithTheTimeConstant() {
    RoundTripTime time = new RoundTripTime();
    time.add(1_000 * MS, 0, DECAY);
    long later = (long) DECAY;
    time.add(0, later, DECAY);
    assertThat(time.estimate(later, DECAY, 0)).isCloseTo(1_000 * MS / Math.E, within(1e6));
  }

  @Test
  void silence_bringsItDown_too() {
    RoundTripTime time = new RoundTripTime();
    time.add(1_000 * MS, 0, DECAY);
    assertThat(time.estimate((long) (3 * DECAY), DECAY, 0))
        .isCloseTo(1_000 * MS * Math.exp(-3), within(1e6));
  }

  @Test
  void pick_weighsLatencyAndPendingRequests() {
    ManualClock clock = new ManualClock();
    clock.advanceMillis(1_000);
    List<Host> hosts = Hosts.equal(2);
    EndpointPicker picker =
        new PeakEwma(
            new HostSet(hosts),
            WarmUp.NONE,
            new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null),
            clock);
    hosts.get(0).state().roundTripTime().add(10 * MS, clock.nanoTime(), DECAY);
    hosts.get(1).state().roundTripTime().add(35 * MS, clock.nanoTime(), DECAY);
    assertThat(Hosts.counts(picker, 50, FakeMesh.seeded(1))).containsOnlyKeys(1);
    // 10 * 3 < 35 * 1, but 10 * 4 is not.
    hosts.get(0).state().taken();
    hosts.get(0).state().taken();
    assertThat(Hosts.counts(picker, 50, FakeMesh.seeded(1))).containsOnlyKeys(1);
    hosts.get(0).state().taken();
    assertThat(Hosts.counts(picker, 50, FakeMesh.seeded(1))).containsOnlyKeys(2);
  }

  @Test
  void pick_allAlike_sharesEvenly() {
    Map<Integer, Integer> counts =
        Hosts.counts(
            new PeakEwma(
                new HostSet(Hosts.equal(3)),
                WarmUp.NONE,
                new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null),
                new ManualClock()),
            3_000,
            FakeMesh.seeded(1));
    counts.values().forEach(count -> assertThat(count).isBetween(900, 1_100));
  }
}
