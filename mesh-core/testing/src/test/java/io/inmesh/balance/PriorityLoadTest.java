package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers are those of Envoy's documentation. */
class PriorityLoadTest {
  private static PriorityLoad load(double panic, int... percents) {
    PriorityLoad.Census[] levels =
        Arrays.stream(percents)
            .mapToObj(percent -> new PriorityLoad.Census(percent, 0, 100))
            .toArray(PriorityLoad.Census[]::new);
    return PriorityLoad.of(levels, 140, panic);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 100, 100, 0",
    "72, 100, 100, 0",
    "71, 100, 99, 1",
    "50, 100, 70, 30",
    "25, 100, 35, 65",
    "0, 100, 0, 100",
    "72, 72, 100, 0",
    "71, 71, 99, 1",
    "50, 50, 70, 30",
    "25, 25, 50, 50"
  })
  void twoLevels_health_sharesTraffic(int p0, int p1, int toP0, int toP1) {
    PriorityLoad load = load(0, p0, p1);
    assertThat(load.healthy(0)).isEqualTo(toP0);
    assertThat(load.healthy(1)).isEqualTo(toP1);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 100, 100, 100, 0, 0",
    "72, 72, 100, 100, 0, 0",
    "71, 71, 100, 99, 1, 0",
    "50, 50, 100, 70, 30, 0",
    "25, 100, 100, 35, 65, 0",
    "25, 25, 100, 35, 35, 30",
    "25, 25, 20, 36, 36, 28"
  })
  void threeLevels_health_sharesTraffic(int p0, int p1, int p2, int to0, int to1, int to2) {
    PriorityLoad load = load(0, p0, p1, p2);
    // What integer division leaves over goes to the first level; the documentation rounds instead.
    assertThat(load.healthy(0)).isCloseTo(to0, within(1));
    assertThat(load.healthy(1)).isCloseTo(to1, within(1));
    assertThat(load.healthy(2)).isCloseTo(to2, within(1));
    assertThat(IntStream.range(0, 3).map(load::healthy).sum()).isEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 0, 100, 0",
    "71, 0, 100, 0",
    "71, 29, 99, 1",
    "25, 65, 35, 65",
    "5, 0, 100, 0",
    "0, 100, 0, 100"
  })
  void degraded_hosts_takeWhatHealthyOnesCannot(
      int healthy, int degraded, int toHealthy, int toDegraded) {
    PriorityLoad load =
        PriorityLoad.of(
            new PriorityLoad.Census[] {new PriorityLoad.Census(healthy, degraded, 100)}, 140, 0);
    assertThat(load.healthy(0)).isEqualTo(toHealthy);
    assertThat(load.degraded(0)).isEqualTo(toDegraded);
  }

  /**
   * Healthy hosts of all priorities go before degraded ones of any; where there are not enough of
   * both, each gets its share of what there is.
   */
  @ParameterizedTest
  @CsvSource({
    // Of four one is degraded, of two, of four with two that are gone.
    "75, 25, 0, 0, 100, 0, 0, 0",
    "50, 50, 0, 0, 70, 30, 0, 0",
    "25, 25, 0, 0, 50, 50, 0, 0",
    // Two priorities.
    "25, 50, 100, 0, 35, 0, 65, 0",
    "20, 80, 20, 0, 28, 44, 28, 0",
    "20, 20, 20, 20, 28, 28, 28, 16",
    "10, 10, 10, 10, 25, 25, 25, 25",
    "0, 50, 0, 50, 0, 70, 0, 30"
  })
  void degraded_atTwoLevels(
      int healthy0,
      int degraded0,
      int healthy1,
      int degraded1,
      int toHealthy0,
      int toDegraded0,
      int toHealthy1,
      int toDegraded1) {
    PriorityLoad load =
        PriorityLoad.of(
            new PriorityLoad.Census[] {
              new PriorityLoad.Census(healthy0, degraded0, 100),
              new PriorityLoad.Census(healthy1, degraded1, 100)
            },
            140,
            0);
    assertThat(load.healthy(0)).isEqualTo(toHealthy0);
    assertThat(load.degraded(0)).isEqualTo(toDegraded0);
    assertThat(load.healthy(1)).isEqualTo(toHealthy1);
    assertThat(load.degraded(1)).isEqualTo(toDegraded1);
  }

  /** Both tables of panic; two rows of the second forget the factor, which the algorithm has. */
  @ParameterizedTest
  @CsvSource({
    "72, 100, 100, 0, false, false",
    "71, 100, 99, 1, false, false",
    "50, 100, 70, 30, false, false",
    "25, 100, 35, 65, false, false",
    "0, 100, 0, 100, false, false",
    "72, 72, 100, 0, false, false",
    "71, 71, 99, 1, false, false",
    "50, 60, 70, 30, false, false",
    "25, 25, 50, 50, true, true",
    "5, 65, 7, 93, true, false"
  })
  void panic_onlyBelowFullHealth_perLevel(
      int p0, int p1, int toP0, int toP1, boolean panic0, boolean panic1) {
    PriorityLoad load = load(50, p0, p1);
    assertThat(load.panic(0)).isEqualTo(panic0);
    assertThat(load.panic(1)).isEqualTo(panic1);
    assertThat(load.healthy(0)).isCloseTo(toP0, within(1));
    assertThat(load.healthy(1)).isCloseTo(toP1, within(1));
  }

  @Test
  void panic_switchedOff_never() {
    assertThat(load(0, 0, 0).panic(0)).isFalse();
  }

  @Test
  void panic_everywhere_sharesByNumberOfHosts() {
    PriorityLoad load =
        PriorityLoad.of(
            new PriorityLoad.Census[] {
              new PriorityLoad.Census(0, 0, 30), new PriorityLoad.Census(0, 0, 10)
            },
            140,
            50);
    assertThat(load.healthy(0)).isEqualTo(75);
    assertThat(load.healthy(1)).isEqualTo(25);
    assertThat(load.panic(0)).isTrue();
  }

  @Test
  void overprovisioning_hundred_spillsAtOnce() {
    PriorityLoad.Census[] levels = {
      new PriorityLoad.Census(99, 0, 100), new PriorityLoad.Census(100, 0, 100)
    };
    assertThat(PriorityLoad.of(levels, 100, 0).healthy(0)).isEqualTo(99);
  }

  @Test
  void emptyLevel_isSkipped() {
    PriorityLoad.Census[] levels = {
      new PriorityLoad.Census(0, 0, 0), new PriorityLoad.Census(2, 0, 2)
    };
    PriorityLoad load = PriorityLoad.of(levels, 140, 50);
    assertThat(load.healthy(0)).isZero();
    assertThat(load.healthy(1)).isEqualTo(100);
  }
}
