package io.inmesh.balance;

import static io.inmesh.balance.Verdict.FAILED;
import static io.inmesh.balance.Verdict.GOOD;
import static io.inmesh.balance.Verdict.LIMITED;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.FailureAccrual;
import io.inmesh.testing.FakeMesh;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Linkerd's failure accrual: seven in a row or too few of many, a penalty, one that decides. */
class FailureBreakerTest implements HealthListener {
  private static final FailureAccrual POLICY = policy(0, null, false);

  /** Four of five within ten seconds, five at least. */
  private static final FailureAccrual UNIFIED =
      policy(0, new FailureAccrual.SuccessRate(0.8, Duration.ofSeconds(10), 5), false);

  private final ManualClock clock = new ManualClock();
  private final EndpointState host = new EndpointState();
  private final HostHealth health = host.health();
  private final FailureBreaker breaker = new FailureBreaker(clock, FakeMesh.seeded(1), this);
  private int changes;
  private int shut;

  private static FailureAccrual policy(
      double jitterRatio, FailureAccrual.@Nullable SuccessRate rate, boolean honorRetryAfter) {
    return new FailureAccrual(
        7, Duration.ofSeconds(1), Duration.ofSeconds(60), jitterRatio, rate, honorRetryAfter);
  }

  @Override
  public void changed() {
    changes++;
  }

  @Override
  public void detected(Detector by, boolean enforced) {}

  @Override
  public void overflow() {}

  @Override
  public void ejections(int change) {
    shut += change;
  }

  private boolean enter() {
    return host.enter() >= 0;
  }

  private void finish(Verdict... verdicts) {
    for (Verdict verdict : verdicts) {
      breaker.finished(host, host.enter(), verdict, 0);
    }
  }

  private void finish(int times, Verdict verdict) {
    for (int i = 0; i < times; i++) {
      finish(verdict);
    }
  }

  /** The one that decides. */
  private int probe() {
    int pass = host.enter();
    assertThat(pass).isNotNegative();
    assertThat(health.open()).isFalse();
    return pass;
  }

  private void answer(int pass, Verdict verdict) {
    breaker.finished(host, pass, verdict, 0);
  }

  @Test
  void sevenFailuresInARow_shutTheHost() {
    breaker.watch(POLICY, List.of(host));
    finish(6, FAILED);
    finish(GOOD);
    finish(6, FAILED);
    assertThat(health.usable()).isTrue();
    finish(FAILED);
    assertThat(health.usable()).isFalse();
    assertThat(health.open()).isFalse();
    assertThat(changes).isEqualTo(1);
    assertThat(shut).isEqualTo(1);
  }

  @Test
  void afterThePenalty_exactlyOneRequestDecides() {
    breaker.watch(POLICY, List.of(host));
    finish(7, FAILED);
    clock.advanceMillis(999);
    assertThat(enter()).isFalse();
    clock.advanceMillis(1);
    assertThat(health.usable()).isTrue();
    assertThat(shut).isZero();
    int probe = probe();
    assertThat(enter()).isFalse();
    answer(probe, GOOD);
    assertThat(enter()).isTrue();
    assertThat(enter()).isTrue();
  }

  @Test
  void failedProbe_doublesThePenalty() {
    breaker.watch(POLICY, List.of(host));
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    answer(probe(), FAILED);
    assertThat(health.usable()).isFalse();
    clock.advanceMillis(1_999);
    assertThat(health.usable()).isFalse();
    clock.advanceMillis(1);
    assertThat(health.usable()).isTrue();
  }

  @Test
  void cancelledProbe_leavesThePlaceToAnother() {
    breaker.watch(POLICY, List.of(host));
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    breaker.undecided(host, probe());
    assertThat(enter()).isTrue();
    assertThat(enter()).isFalse();
  }

  /** They were sent before the penalty, and say nothing about how the host does after it. */
  @ParameterizedTest
  @EnumSource
  void requestsFromBeforeThePenalty_doNotDecide(Verdict verdict) {
    breaker.watch(POLICY, List.of(host));
    int early = host.enter();
    int cancelled = host.enter();
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    int probe = probe();
    answer(early, verdict);
    breaker.undecided(host, cancelled);
    assertThat(health.usable()).isTrue();
    assertThat(enter()).as("somebody else is on probation").isFalse();
    answer(probe, GOOD);
    assertThat(enter()).isTrue();
  }

  @Test
  void requestsFromBeforeThePenalty_doNotShutWhoIsBack() {
    breaker.watch(POLICY, List.of(host));
    List<Integer> early = IntStream.range(0, 7).mapToObj(i -> host.enter()).toList();
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    answer(probe(), GOOD);
    early.forEach(pass -> answer(pass, FAILED));
    assertThat(health.usable()).isTrue();
  }

  @Test
  void successAfterProbation_forgetsEarlierPenalties() {
    breaker.watch(POLICY, List.of(host));
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    answer(probe(), GOOD);
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    assertThat(health.usable()).isTrue();
  }

  @Test
  void noPolicy_nothingIsHeldAgainstAnybody() {
    breaker.watch(POLICY, List.of(host));
    finish(7, FAILED);
    breaker.watch(null, List.of(host));
    assertThat(health.usable()).isTrue();
    assertThat(shut).isZero();
    assertThat(clock.pending()).isZero();
    finish(20, FAILED);
    assertThat(enter()).isTrue();
  }

  @Test
  void hostGone_itsPenaltyIsOver() {
    breaker.watch(POLICY, List.of(host, new EndpointState()));
    finish(7, FAILED);
    breaker.watch(POLICY, List.of(new EndpointState()));
    assertThat(clock.pending()).isZero();
    assertThat(shut).isZero();
  }

  // ---- the unified breaker ----

  @ParameterizedTest
  @CsvSource({
    // Five at least, and less than 80 % of them.
    "0, 4, true",
    "1, 4, false",
    "4, 1, true",
    "3, 2, false",
    "7, 1, true",
    "40, 10, true",
    "39, 10, false"
  })
  void successRate_belowItsThreshold_shutsTheHost(int good, int bad, boolean usable) {
    breaker.watch(UNIFIED, List.of(host));
    finish(good, GOOD);
    finish(bad, LIMITED);
    assertThat(health.usable()).isEqualTo(usable);
  }

  @Test
  void successRate_isThatOfTheWindow() {
    breaker.watch(UNIFIED, List.of(host));
    finish(4, FAILED);
    clock.advanceMillis(11_000);
    finish(FAILED, GOOD, GOOD, GOOD);
    assertThat(health.usable()).as("four in the window").isTrue();
    finish(FAILED);
    assertThat(health.usable()).isFalse();
  }

  @Test
  void tooManyRequests_areNoFailureInARow() {
    breaker.watch(POLICY, List.of(host));
    finish(20, LIMITED);
    finish(6, FAILED);
    finish(LIMITED);
    finish(6, FAILED);
    assertThat(health.usable()).isTrue();
  }

  @Test
  void failuresInARow_shutTheHost_whateverItsRate() {
    breaker.watch(UNIFIED, List.of(host));
    finish(100, GOOD);
    finish(6, FAILED);
    assertThat(health.usable()).isTrue();
    finish(FAILED);
    assertThat(health.usable()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, true"})
  void tooManyRequests_endThePenalty_onlyWhereRatesDoNotCount(boolean unified, boolean back) {
    breaker.watch(unified ? UNIFIED : POLICY, List.of(host));
    finish(7, FAILED);
    clock.advanceMillis(1_000);
    answer(probe(), LIMITED);
    assertThat(health.open()).isEqualTo(back);
  }

  @Test
  void successAfterProbation_beginsToCountAnew() {
    breaker.watch(UNIFIED, List.of(host));
    finish(5, LIMITED);
    assertThat(health.usable()).isFalse();
    clock.advanceMillis(1_000);
    answer(probe(), GOOD);
    finish(4, LIMITED);
    assertThat(health.usable()).isTrue();
    finish(LIMITED);
    assertThat(health.usable()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "5, 5", "300, 60"})
  void retryAfter_isTheLeastPenalty_upToTheMaximum(long asked, long seconds) {
    breaker.watch(policy(0, null, true), List.of(host));
    for (int i = 0; i < 7; i++) {
      breaker.finished(host, host.enter(), FAILED, asked * 1_000_000_000);
    }
    clock.advanceMillis(seconds * 1_000 - 1);
    assertThat(health.usable()).isFalse();
    clock.advanceMillis(1);
    assertThat(health.usable()).isTrue();
  }

  // ---- penalties ----

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 2", "2, 4", "5, 32", "6, 60", "100, 60"})
  void penalty_doublesUpToTheMaximum(int trips, long seconds) {
    assertThat(FailureBreaker.penaltyNanos(POLICY, trips, Randomness.SYSTEM))
        .isEqualTo(seconds * 1_000_000_000L);
  }

  @Test
  void jitter_addsUpToItsShare() {
    FailureAccrual jittered = policy(0.5, null, false);
    Randomness random = FakeMesh.seeded(4);
    for (int i = 0; i < 100; i++) {
      assertThat(FailureBreaker.penaltyNanos(jittered, 0, random))
          .isBetween(1_000_000_000L, 1_500_000_000L);
    }
  }
}
