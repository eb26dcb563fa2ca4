package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.control.ManualClock;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Outliers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Envoy's arithmetic of ejections. */
class OutlierDetectorTest implements HealthListener {
  private final ManualClock clock = new ManualClock();
  private final List<String> found = new ArrayList<>();
  private final List<EndpointState> hosts = new ArrayList<>();
  private int active;
  private int overflows;
  private int changes;
  private final OutlierDetector detector = new OutlierDetector(clock, FakeMesh.seeded(1), this);

  @Override
  public void changed() {
    changes++;
  }

  @Override
  public void detected(Detector by, boolean enforced) {
    found.add(by.text() + (enforced ? "" : " (not enforced)"));
  }

  @Override
  public void overflow() {
    overflows++;
  }

  @Override
  public void ejections(int change) {
    active += change;
  }

  private void watch(int count, UnaryOperator<Outliers> policy) {
    IntStream.range(0, count).forEach(i -> hosts.add(new EndpointState()));
    detector.watch(policy.apply(Outliers.defaults()).build(), hosts);
  }

  private void answer(int host, int status, int times) {
    for (int i = 0; i < times; i++) {
      detector.responded(hosts.get(host), status);
    }
  }

  private List<Integer> ejected() {
    return IntStream.range(0, hosts.size())
        .filter(i -> !hosts.get(i).health().usable())
        .boxed()
        .toList();
  }

  private void interval() {
    clock.advanceMillis(10_000);
  }

  // ---- consecutive failures ----

  @Test
  void fiveErrorsInARow_ejectAtOnce() {
    watch(10, policy -> policy);
    answer(3, 500, 4);
    assertThat(ejected()).isEmpty();
    answer(3, 500, 1);
    assertThat(ejected()).containsExactly(3);
    assertThat(found).containsExactly("consecutive_5xx");
    assertThat(active).isEqualTo(1);
    assertThat(changes).isEqualTo(1);
  }

  @Test
  void aSuccess_beginsTheCountAnew() {
    watch(10, policy -> policy);
    answer(0, 500, 4);
    answer(0, 404, 1);
    answer(0, 500, 4);
    assertThat(ejected()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "502, consecutive_gateway_failure",
    "503, consecutive_gateway_failure",
    "504, consecutive_gateway_failure",
    "500, consecutive_5xx",
    "501, consecutive_5xx"
  })
  void gatewayFailures_haveACountOfTheirOwn(int status, String by) {
    watch(
        10, policy -> policy.consecutiveGatewayFailure(3).enforcingConsecutiveGatewayFailure(100));
    answer(0, status, 5);
    assertThat(found).containsExactly(by);
  }

  @Test
  void gatewayFailures_areOnlyCountedByDefault() {
    watch(10, policy -> policy.consecutiveGatewayFailure(3));
    answer(0, 503, 4);
    assertThat(ejected()).isEmpty();
    assertThat(found).containsExactly("consecutive_gateway_failure (not enforced)");
  }

  @Test
  void otherError_endsABoutOfGatewayFailures() {
    watch(
        10, policy -> policy.consecutiveGatewayFailure(3).enforcingConsecutiveGatewayFailure(100));
    answer(0, 503, 2);
    answer(0, 500, 1);
    answer(0, 503, 1);
    assertThat(ejected()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void localFailures_withoutSplit_countAsErrors(boolean timeout) {
    watch(10, policy -> policy);
    for (int i = 0; i < 5; i++) {
      detector.failedLocally(hosts.get(2), timeout);
    }
    assertThat(found).contains("consecutive_5xx");
    assertThat(ejected()).containsExactly(2);
  }

  @Test
  void localFailures_withSplit_areOnesOwn() {
    watch(10, policy -> policy.splitLocalOrigin(true));
    answer(0, 500, 4);
    for (int i = 0; i < 4; i++) {
      detector.failedLocally(hosts.get(0), false);
    }
    assertThat(ejected()).isEmpty();
    detector.connected(hosts.get(0));
    detector.failedLocally(hosts.get(0), false);
    assertThat(ejected()).as("a connection begins the count anew").isEmpty();
    for (int i = 0; i < 4; i++) {
      detector.failedLocally(hosts.get(0), true);
    }
    assertThat(found).containsExactly("consecutive_local_origin_failure");
  }

  @Test
  void errorStatuses_canBeOthersThan5xx() {
    watch(10, policy -> policy.errors(429, 429));
    answer(0, 500, 20);
    assertThat(ejected()).isEmpty();
    answer(0, 429, 5);
    assertThat(ejected()).containsExactly(0);
  }

  // ---- rates ----

  /** Envoy's own example: rates 50, 100, 100, 100, 100 and the factor 1.9 give 52. */
  @Test
  void successRate_threshold_isMeanLessDeviations() {
    assertThat(OutlierDetector.successRateThreshold(new double[] {50, 100, 100, 100, 100}, 1900))
        .isCloseTo(52, within(1e-9));
  }

  @Test
  void successRate_belowThreshold_isEjectedAtTheSweep() {
    watch(10, policy -> policy.consecutive5xx(1_000));
    for (int host = 0; host < 10; host++) {
      answer(host, 500, host == 4 ? 60 : 1);
      answer(host, 200, host == 4 ? 60 : 120);
    }
    assertThat(ejected()).isEmpty();
    interval();
    assertThat(ejected()).containsExactly(4);
    assertThat(found).containsExactly("success_rate");
  }

  @Test
  void successRate_tooFewHostsOrRequests_isNotCompared() {
    watch(10, policy -> policy.consecutive5xx(1_000));
    for (int host = 0; host < 4; host++) {
      answer(host, host == 0 ? 500 : 200, 200);
    }
    for (int host = 4; host < 10; host++) {
      answer(host, 200, 99);
    }
    interval();
    assertThat(ejected()).as("four hosts with enough requests; five are needed").isEmpty();
  }

  @Test
  void rates_countOneIntervalOnly() {
    watch(10, policy -> policy.consecutive5xx(1_000));
    for (int host = 0; host < 10; host++) {
      answer(host, 200, 60);
    }
    interval();
    for (int host = 0; host < 10; host++) {
      answer(host, host == 0 ? 500 : 200, 60);
    }
    interval();
    assertThat(ejected()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"42, false", "43, true"})
  void failurePercentage_atThreshold_isEjected(int failures, boolean out) {
    // 85 % of 50 requests are 42.5.
    watch(
        10,
        policy ->
            policy
                .consecutive5xx(1_000)
                .enforcingSuccessRate(0)
                .enforcingFailurePercentage(100)
                .failurePercentageThreshold(85));
    for (int host = 0; host < 5; host++) {
      int failed = host == 0 ? failures : 0;
      answer(host, 500, failed);
      answer(host, 200, 50 - failed);
    }
    interval();
    assertThat(ejected().contains(0)).isEqualTo(out);
  }

  @Test
  void localRates_areComparedAmongThemselves() {
    watch(
        10,
        policy ->
            policy
                .splitLocalOrigin(true)
                .consecutiveLocalOriginFailure(1_000)
                .maxEjectionPercent(50));
    for (int host = 0; host < 10; host++) {
      for (int i = 0; i < 100; i++) {
        if (host == 7) {
          detector.failedLocally(hosts.get(host), false);
        } else {
          detector.connected(hosts.get(host));
        }
      }
    }
    interval();
    assertThat(found).containsExactly("local_origin_success_rate");
    assertThat(ejected()).containsExactly(7);
  }

  // ---- limits ----

  @ParameterizedTest
  @CsvSource({"10, 10, false, 1", "9, 10, false, 0", "9, 10, true, 1", "4, 50, false, 2"})
  void maxEjectionPercent_isNeverExceeded(
      int count, int percent, boolean alwaysOne, int ejections) {
    watch(count, policy -> policy.maxEjectionPercent(percent).alwaysEjectOneHost(alwaysOne));
    for (int host = 0; host < count; host++) {
      answer(host, 500, 5);
    }
    assertThat(ejected()).hasSize(ejections);
    assertThat(overflows).isEqualTo(count - ejections);
  }

  @Test
  void enforcing_isAProbability() {
    watch(2, policy -> policy.enforcingConsecutive5xx(50).maxEjectionPercent(100));
    int out = 0;
    for (int i = 0; i < 200; i++) {
      answer(0, 500, 5);
      out += ejected().size();
      hosts.get(0).health().back(clock.nanoTime());
    }
    assertThat(out).isBetween(75, 125);
  }

  // ---- time ----

  @Test
  void ejection_endsAtTheSweepAfterItsTime_andGrows() {
    watch(10, policy -> policy);
    answer(0, 500, 5);
    clock.advanceMillis(29_999);
    assertThat(ejected()).containsExactly(0);
    clock.advanceMillis(1);
    assertThat(ejected()).isEmpty();
    assertThat(active).isZero();
    // At once again: 60 s this time.
    answer(0, 500, 5);
    clock.advanceMillis(59_999);
    assertThat(ejected()).containsExactly(0);
    clock.advanceMillis(1);
    assertThat(ejected()).isEmpty();
  }

  @Test
  void multiplier_shrinksWithEachQuietInterval() {
    watch(10, policy -> policy);
    answer(0, 500, 5);
    clock.advanceMillis(30_000);
    answer(0, 500, 5);
    clock.advanceMillis(60_000);
    assertThat(hosts.get(0).health().ejection.times).isEqualTo(2);
    interval();
    assertThat(hosts.get(0).health().ejection.times).isEqualTo(1);
    interval();
    assertThat(hosts.get(0).health().ejection.times).isZero();
    answer(0, 500, 5);
    clock.advanceMillis(30_000);
    assertThat(ejected()).isEmpty();
  }

  @Test
  void ejectionTime_isBounded() {
    watch(10, policy -> policy.maxEjectionTime(Duration.ofSeconds(60)));
    List<Integer> sweeps = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      answer(0, 500, 5);
      sweeps.add(sweepsUntilBack());
    }
    assertThat(sweeps).containsExactly(3, 6, 6, 6);
  }

  private int sweepsUntilBack() {
    int sweeps = 0;
    while (!ejected().isEmpty()) {
      interval();
      sweeps++;
    }
    return sweeps;
  }

  @Test
  void jitter_isAddedToTheTime() {
    watch(10, policy -> policy.maxEjectionTimeJitter(Duration.ofSeconds(100)));
    List<Integer> sweeps = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      answer(0, 500, 5);
      sweeps.add(sweepsUntilBack());
      hosts.get(0).health().ejection.times = 0;
    }
    assertThat(sweeps).allMatch(waited -> waited >= 3 && waited <= 13);
    assertThat(sweeps.stream().distinct().count()).isGreaterThan(3);
  }

  // ---- configuration ----

  @Test
  void ejection_survivesNewConfiguration() {
    watch(10, policy -> policy);
    answer(0, 500, 5);
    List<EndpointState> fewer = hosts.subList(0, 5);
    detector.watch(Outliers.defaults().maxEjectionPercent(50).build(), fewer);
    assertThat(ejected()).containsExactly(0);
    clock.advanceMillis(30_000);
    assertThat(ejected()).isEmpty();
  }

  @Test
  void policyGone_everybodyIsBack_andNothingIsPending() {
    watch(10, policy -> policy);
    answer(0, 500, 5);
    detector.watch(null, hosts);
    assertThat(ejected()).isEmpty();
    assertThat(active).isZero();
    assertThat(clock.pending()).isZero();
  }

  @Test
  void ejectedHostRemoved_makesRoom() {
    watch(10, policy -> policy);
    answer(0, 500, 5);
    detector.watch(Outliers.defaults().build(), hosts.subList(1, 10));
    assertThat(active).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 301, 404, 429, 499, 600})
  void others_areNoErrors(int status) {
    watch(10, policy -> policy);
    answer(0, status, 20);
    assertThat(ejected()).isEmpty();
  }
}
