package io.inmesh.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.AdaptiveConcurrency;
import io.inmesh.model.Fraction;
import io.inmesh.testing.FakeMesh;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientLimitTest {
  private static final long MILLI = 1_000_000L;

  private static final AdaptiveConcurrency SETTINGS =
      new AdaptiveConcurrency(
          Fraction.ALL,
          50,
          1000,
          Duration.ofMillis(100),
          Duration.ofSeconds(60),
          null,
          50,
          0,
          3,
          25,
          503);

  /** {@code limit * gradient + sqrt(limit * gradient)}, within the bounds, rounded down. */
  @ParameterizedTest
  @CsvSource({
    "100, 10, 10, 136", // (10 + 25 %) / 10 = 1.25: 125 + 11.2
    "100, 10, 25, 57", // 0.5: 50 + 7.1
    "100, 10, 100, 57", // never less than half
    "100, 10, 1, 214", // never more than double: 200 + 14.1
    "3, 10, 100, 3", // never less than the minimum
    "900, 10, 10, 1000" // never more than the maximum
  })
  void next_isEnvoys(int limit, long minRtt, long sample, int next) {
    assertThat(GradientLimit.next(limit, minRtt * MILLI, sample * MILLI, SETTINGS)).isEqualTo(next);
  }

  @Test
  void beginning_measuresWithFewRequests() {
    GradientLimit limit = new GradientLimit(SETTINGS, 0, FakeMesh.seeded(1));
    assertThat(limit.tryEnter()).isTrue();
    assertThat(limit.tryEnter()).isTrue();
    assertThat(limit.tryEnter()).isTrue();
    assertThat(limit.tryEnter()).isFalse();
  }

  @Test
  void fastService_limitGrows_slowService_limitFalls() {
    GradientLimit limit = new GradientLimit(SETTINGS, 0, FakeMesh.seeded(1));
    long now = run(limit, 0, 3_000, 10);
    int before = limit.limit();
    assertThat(before).isGreaterThan(100);
    run(limit, now, 300, 200);
    assertThat(limit.limit()).isLessThan(before / 2);
  }

  @Test
  void interval_over_measuresAgain() {
    GradientLimit limit = new GradientLimit(SETTINGS, 0, FakeMesh.seeded(1));
    long now = run(limit, 0, 1_000, 10);
    assertThat(limit.limit()).isGreaterThan(3);
    limit.tryEnter();
    limit.leave(10 * MILLI, now + 61_000 * MILLI);
    assertThat(limit.limit()).isEqualTo(3);
  }

  /** Requests one after another, a millisecond apart, each as slow as said. */
  private static long run(GradientLimit limit, long from, int requests, long millis) {
    long now = from;
    for (int i = 0; i < requests; i++) {
      if (limit.tryEnter()) {
        limit.leave(millis * MILLI, now);
      }
      now += MILLI;
    }
    return now;
  }
}
