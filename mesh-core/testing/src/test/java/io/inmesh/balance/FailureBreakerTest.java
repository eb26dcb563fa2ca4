package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.FailureAccrual;
import io.inmesh.testing.FakeMesh;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Linkerd's failure accrual: seven in a row, a penalty, one request that decides. */
class FailureBreakerTest implements HealthListener {
  private static final FailureAccrual POLICY =
      new FailureAccrual(7, Duration.ofSeconds(1), Duration.ofSeconds(60), 0);

  private final ManualClock clock = new ManualClock();
  private final EndpointState host = new EndpointState();
  private final HostHealth health = host.health();
  private final FailureBreaker breaker = new FailureBreaker(clock, FakeMesh.seeded(1), this);
  private int changes;

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

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      breaker.finished(host, true);
    }
  }

  @Test
  void sevenFailuresInARow_shutTheHost() {
    breaker.watch(POLICY, List.of(host));
    fail(6);
    breaker.finished(host, false);
    fail(6);
    assertThat(health.usable()).isTrue();
    fail(1);
    assertThat(health.usable()).isFalse();
    assertThat(health.open()).isFalse();
    assertThat(changes).isEqualTo(1);
  }

  @Test
  void afterThePenalty_exactlyOneRequestDecides() {
    breaker.watch(POLICY, List.of(host));
    fail(7);
    clock.advanceMillis(999);
    assertThat(health.enter()).isFalse();
    clock.advanceMillis(1);
    assertThat(health.usable()).isTrue();
    assertThat(health.enter()).isTrue();
    assertThat(health.open()).isFalse();
    assertThat(health.enter()).isFalse();
    breaker.finished(host, false);
    assertThat(health.enter()).isTrue();
    assertThat(health.enter()).isTrue();
  }

  @Test
  void failedProbe_doublesThePenalty() {
    breaker.watch(POLICY, List.of(host));
    fail(7);
    clock.advanceMillis(1_000);
    assertThat(health.enter()).isTrue();
    fail(1);
    assertThat(health.usable()).isFalse();
    clock.advanceMillis(1_999);
    assertThat(health.usable()).isFalse();
    clock.advanceMillis(1);
    assertThat(health.usable()).isTrue();
  }

  @Test
  void cancelledProbe_leavesThePlaceToAnother() {
    breaker.watch(POLICY, List.of(host));
    fail(7);
    clock.advanceMillis(1_000);
    assertThat(health.enter()).isTrue();
    breaker.undecided(host);
    assertThat(health.enter()).isTrue();
    assertThat(health.enter()).isFalse();
  }

  @Test
  void successAfterProbation_forgetsEarlierPenalties() {
    breaker.watch(POLICY, List.of(host));
    fail(7);
    clock.advanceMillis(1_000);
    assertThat(health.enter()).isTrue();
    breaker.finished(host, false);
    fail(7);
    clock.advanceMillis(1_000);
    assertThat(health.usable()).isTrue();
  }

  @Test
  void noPolicy_nothingIsHeldAgainstAnybody() {
    breaker.watch(POLICY, List.of(host));
    fail(7);
    breaker.watch(null, List.of(host));
    assertThat(health.usable()).isTrue();
    fail(20);
    assertThat(health.enter()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 2", "2, 4", "5, 32", "6, 60", "100, 60"})
  void penalty_doublesUpToTheMaximum(int trips, long seconds) {
    assertThat(FailureBreaker.penaltyNanos(POLICY, trips, Randomness.SYSTEM))
        .isEqualTo(seconds * 1_000_000_000L);
  }

  @Test
  void jitter_addsUpToItsShare() {
    FailureAccrual jittered =
        new FailureAccrual(7, Duration.ofSeconds(1), Duration.ofSeconds(60), 0.5);
    Randomness random = FakeMesh.seeded(4);
    for (int i = 0; i < 100; i++) {
      assertThat(FailureBreaker.penaltyNanos(jittered, 0, random))
          .isBetween(1_000_000_000L, 1_500_000_000L);
    }
  }
}
