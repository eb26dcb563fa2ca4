package io.inmesh.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.RetryRatio;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RatioBudgetTest {
  private static final long SECOND = 1_000_000_000L;

  private static int spend(RatioBudget budget, long now) {
    int spent = 0;
    while (budget.tryRetry(now)) {
      spent++;
    }
    return spent;
  }

  @Test
  void idle_hasTheFloorOfItsWindow() {
    RatioBudget budget = new RatioBudget(RetryRatio.DEFAULT);
    assertThat(spend(budget, 0)).isEqualTo(100);
    assertThat(spend(budget, 5 * SECOND)).isZero();
    assertThat(spend(budget, 11 * SECOND)).isEqualTo(100);
  }

  @Test
  void busy_hasItsPercentage() {
    RatioBudget budget =
        new RatioBudget(new RetryRatio(20, Duration.ofSeconds(10), 1, Duration.ofSeconds(10)));
    for (int i = 0; i < 1_000; i++) {
      budget.request(i * SECOND / 200);
    }
    assertThat(spend(budget, 5 * SECOND)).isEqualTo(200);
  }

  @Test
  void requests_leaveTheWindow() {
    RatioBudget budget =
        new RatioBudget(new RetryRatio(50, Duration.ofSeconds(10), 0, Duration.ofSeconds(1)));
    for (int i = 0; i < 100; i++) {
      budget.request(0);
    }
    assertThat(spend(budget, 9 * SECOND)).isEqualTo(50);
    assertThat(spend(budget, 30 * SECOND)).isZero();
  }
}
