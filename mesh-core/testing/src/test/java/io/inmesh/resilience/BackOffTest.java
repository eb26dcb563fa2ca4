package io.inmesh.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.FakeMesh;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackOffTest {
  /** Retry, least wait, and what the wait lies between: base 25 ms, max 250 ms. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0, 25",
    "2, 0, 0, 75",
    "3, 0, 0, 175",
    "4, 0, 0, 250",
    "60, 0, 0, 250",
    "1, 100, 100, 125",
    "4, 100, 100, 350"
  })
  void delay_isRandom_aboveTheLeast(int retry, int least, int from, int to) {
    BackOff backOff = BackOff.DEFAULT.atLeast(Duration.ofMillis(least));
    var random = FakeMesh.seeded(7);
    long lowest = Long.MAX_VALUE;
    long highest = 0;
    for (int i = 0; i < 2000; i++) {
      long delay = backOff.delayNanos(retry, random);
      lowest = Math.min(lowest, delay);
      highest = Math.max(highest, delay);
    }
    long width = Duration.ofMillis(to - from).toNanos();
    assertThat(lowest)
        .isBetween(
            Duration.ofMillis(from).toNanos(), Duration.ofMillis(from).toNanos() + width / 50);
    assertThat(highest)
        .isBetween(Duration.ofMillis(to).toNanos() - width / 50, Duration.ofMillis(to).toNanos());
  }
}
