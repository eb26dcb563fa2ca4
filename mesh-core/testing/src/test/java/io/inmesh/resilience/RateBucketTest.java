package io.inmesh.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.TokenBucket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateBucketTest {
  private static final long MILLI = 1_000_000L;

  private static int taken(RateBucket bucket, long now) {
    int taken = 0;
    while (bucket.tryTake(now)) {
      taken++;
    }
    return taken;
  }

  @Test
  void full_holdsTheBurst() {
    RateBucket bucket = new RateBucket(new TokenBucket(10, 5, Duration.ofSeconds(1)), 0);
    assertThat(bucket.remaining(0)).isEqualTo(10);
    assertThat(taken(bucket, 0)).isEqualTo(10);
    assertThat(bucket.remaining(0)).isZero();
  }

  @Test
  void tokens_comeEvenlyOverTheInterval() {
    RateBucket bucket = new RateBucket(new TokenBucket(10, 5, Duration.ofSeconds(1)), 0);
    taken(bucket, 0);
    assertThat(taken(bucket, 199 * MILLI)).isZero();
    assertThat(bucket.secondsToNext(199 * MILLI)).isEqualTo(1);
    assertThat(taken(bucket, 200 * MILLI)).isEqualTo(1);
    assertThat(taken(bucket, 1_000 * MILLI)).isEqualTo(4);
    assertThat(taken(bucket, 60_000 * MILLI)).isEqualTo(10);
  }

  @Test
  void fractions_areKept() {
    RateBucket bucket = new RateBucket(new TokenBucket(1, 1, Duration.ofSeconds(1)), 0);
    taken(bucket, 0);
    int taken = 0;
    for (int i = 1; i <= 100; i++) {
      taken += taken(bucket, i * 700L * MILLI);
    }
    // A token a second, but no more than one is ever saved up: every second look finds one.
    assertThat(taken).isBetween(50, 70);
  }
}
