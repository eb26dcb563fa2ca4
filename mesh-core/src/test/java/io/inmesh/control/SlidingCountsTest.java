package io.inmesh.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlidingCountsTest {
  @ParameterizedTest
  @CsvSource({"100,0", "100,-350", "70,-7", "10,-3", "1000,999999999999"})
  void counts_whateverSlotsTheyFallIn_areThoseOfTheLastTenSlots(long window, long start) {
    SlidingCounts counts = new SlidingCounts(window);
    SplittableRandom random = new SplittableRandom(5);
    long slot = window / 10;
    List<Long> epochs = new ArrayList<>();
    long now = start;
    for (int i = 0; i < 500; i++) {
      now += random.nextInt(8) == 0 ? random.nextLong(2 * window) : random.nextLong(1 + slot / 3);
      counts.all(now);
      epochs.add(Math.floorDiv(now, slot));
      long oldest = Math.floorDiv(now, slot) - 10;

      assertThat(counts.countAll(now)).isEqualTo(epochs.stream().filter(e -> e > oldest).count());
    }
    assertThat(counts.countSome(now)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0", "-30", "1000"})
  void counts_timeOfAnotherThreadIsBehind_areOfBothSlots(long now) {
    SlidingCounts counts = new SlidingCounts(100);
    counts.all(now);
    counts.some(now - 1);
    counts.all(now);
    counts.some(now + 9);

    assertThat(counts.countAll(now + 9)).isEqualTo(2);
    assertThat(counts.countSome(now + 9)).isEqualTo(2);
    assertThat(counts.countSome(now + 90)).isEqualTo(1);
    assertThat(counts.countAll(now + 100)).isZero();
  }
}
