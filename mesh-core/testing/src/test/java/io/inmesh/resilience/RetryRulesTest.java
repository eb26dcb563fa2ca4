package io.inmesh.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Failure;
import io.inmesh.call.RequestHead.Kind;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.RetryPolicy;
import io.inmesh.model.RouteAction;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RetryRulesTest {
  private static RetryRules on(String... tokens) {
    return RetryRules.of(TestRoute.retryPolicy(2, null, tokens));
  }

  @ParameterizedTest
  @CsvSource({
    "5xx, 500, true",
    "5xx, 599, true",
    "5xx, 499, false",
    "5xx, 600, false",
    "gateway-error, 502, true",
    "gateway-error, 503, true",
    "gateway-error, 504, true",
    "gateway-error, 500, false",
    "retriable-4xx, 409, true",
    "retriable-4xx, 404, false",
    "reset, 503, false",
    "connect-failure, 503, false",
    "unavailable, 503, false",
    "something-new, 503, false"
  })
  void http_status_followsTheToken(String token, int status, boolean retried) {
    assertThat(on(token).response(Kind.HTTP, FakeResponse.http(status), SuccessRules.USUAL))
        .isEqualTo(retried);
  }

  @ParameterizedTest
  @CsvSource({
    "cancelled, 1, true",
    "deadline-exceeded, 4, true",
    "resource-exhausted, 8, true",
    "internal, 13, true",
    "unavailable, 14, true",
    "unavailable, 13, false",
    "unavailable, 0, false",
    "5xx, 14, false"
  })
  void grpc_status_followsTheToken(String token, int status, boolean retried) {
    assertThat(on(token).response(Kind.GRPC, FakeResponse.trailersOnly(status), SuccessRules.USUAL))
        .isEqualTo(retried);
  }

  @Test
  void statusCodes_andHeaders_needTheirTokens() {
    RetryPolicy plain =
        TestRoute.retryPolicy(1, null, "retriable-status-codes", "retriable-headers");
    RetryPolicy policy =
        new RetryPolicy(
            plain.on(),
            1,
            null,
            null,
            plain.backOffBase(),
            plain.backOffMax(),
            Set.of(418),
            List.of(new HeaderMatch("again", new HeaderMatch.Test.Present(true), false, false)),
            List.of(
                new HeaderMatch(
                    "x",
                    new HeaderMatch.Test.Value(new StringMatch.Exact("1", false)),
                    false,
                    false)),
            true,
            Map.of(),
            1,
            0,
            List.of(),
            Duration.ofMinutes(5),
            false,
            Duration.ZERO);
    RetryRules rules = RetryRules.of(policy);
    assertThat(rules.response(Kind.HTTP, FakeResponse.http(418), SuccessRules.USUAL)).isTrue();
    assertThat(rules.response(Kind.HTTP, FakeResponse.http(200, "again", ""), SuccessRules.USUAL))
        .isTrue();
    assertThat(rules.response(Kind.HTTP, FakeResponse.http(200), SuccessRules.USUAL)).isFalse();
    assertThat(rules.covers(FakeRequest.get("h", "/", "x", "1"))).isTrue();
    assertThat(rules.covers(FakeRequest.get("h", "/"))).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void withoutPolicy_onlyWhatWasNotProcessed_isRetried(Failure failure) {
    boolean expected =
        switch (failure) {
          case CONNECT, TLS, REFUSED, RESET_BEFORE_REQUEST -> true;
          default -> false;
        };
    assertThat(RetryRules.IMPLICIT.failure(failure, Kind.HTTP)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "reset, RESET, true",
    "reset, CONNECTION_LOST, true",
    "5xx, RESET, true",
    "gateway-error, CONNECTION_LOST, true",
    "connect-failure, RESET, false",
    "refused-stream, CONNECTION_LOST, false",
    "5xx, OVERFLOW, false",
    "reset, CLOSED, false"
  })
  void failure_afterSending_followsTheToken(String token, Failure failure, boolean retried) {
    assertThat(on(token).failure(failure, Kind.HTTP)).isEqualTo(retried);
  }

  @Test
  void retries_ofGrpc_areCappedAtFour() {
    RetryRules rules = RetryRules.of(TestRoute.retryPolicy(9, null, "5xx"));
    assertThat(rules.retries(Kind.GRPC, 0)).isEqualTo(4);
    assertThat(rules.retries(Kind.HTTP, 0)).isEqualTo(9);
  }

  @ParameterizedTest
  @CsvSource({"1, 25", "2, 75", "3, 175", "4, 250", "40, 250", "1000, 250"})
  void backOff_bound_doublesUpToTheMaximum(int retry, long millis) {
    assertThat(BackOff.DEFAULT.boundNanos(retry)).isEqualTo(millis * 1_000_000);
  }

  @Test
  void backOff_delay_isFullyJittered() {
    long min = Long.MAX_VALUE;
    long max = 0;
    var random = FakeMesh.seeded(5);
    for (int i = 0; i < 10_000; i++) {
      long delay = BackOff.DEFAULT.delayNanos(2, random);
      min = Math.min(min, delay);
      max = Math.max(max, delay);
    }
    assertThat(min).isBetween(0L, 1_000_000L);
    assertThat(max).isBetween(74_000_000L, 74_999_999L);
  }

  @ParameterizedTest
  @CsvSource({
    // stream ms, grpc max ms, offset ms, caller ms, kind, expected ms
    ", , , , HTTP, ",
    "500, , , , HTTP, 500",
    "500, , , 200, HTTP, 200",
    "500, , , 900, GRPC, 500",
    "500, 300, , 900, HTTP, 500",
    "500, 300, , 900, GRPC, 300",
    "500, 300, , 100, GRPC, 100",
    "500, 300, , , GRPC, 300",
    "500, 0, , 900, GRPC, 900",
    "500, 0, , , GRPC, ",
    "500, 0, 50, 900, GRPC, 850",
    "500, 300, 50, 320, GRPC, 250",
    "500, 300, 50, 100, GRPC, 50",
    "500, 300, 50, , GRPC, 300",
    "0, , , , HTTP, ",
    "500, 0, 900, 900, GRPC, 0"
  })
  void streamDuration_andGrpcTimeout_bound(
      @Nullable Long stream,
      @Nullable Long grpcMax,
      @Nullable Long offset,
      @Nullable Long caller,
      Kind kind,
      @Nullable Long expected) {
    TestRoute route = TestRoute.any().to("c");
    if (stream != null) {
      route.maxStreamDuration(Duration.ofMillis(stream));
    }
    if (grpcMax != null) {
      route.grpcTimeout(
          Duration.ofMillis(grpcMax), offset == null ? null : Duration.ofMillis(offset));
    }
    TimeLimits limits =
        TimeLimits.of((RouteAction.Forward) route.build().action(), Duration.ofMinutes(9));
    if (stream == null) {
      limits = TimeLimits.of((RouteAction.Forward) route.build().action(), null);
    }
    long nanos = limits.callNanos(kind, caller == null ? 0 : caller * 1_000_000);
    assertThat(nanos).isEqualTo(expected == null ? Long.MAX_VALUE : expected * 1_000_000);
  }

  @Test
  void streamDuration_ofTheListener_isTheDefault() {
    RouteAction.Forward forward = (RouteAction.Forward) TestRoute.any().to("c").build().action();
    assertThat(TimeLimits.of(forward, Duration.ofSeconds(1)).callNanos(Kind.HTTP, 0))
        .isEqualTo(1_000_000_000L);
  }

  @Test
  void load_limits_areExact() {
    ClusterLoad load = new ClusterLoad();
    CircuitBreakers.Limits limits = new CircuitBreakers.Limits(1, 1, 2, 1, null);
    assertThat(load.tryRequest(limits)).isTrue();
    assertThat(load.tryRequest(limits)).isTrue();
    assertThat(load.tryRequest(limits)).isFalse();
    load.requestOver();
    assertThat(load.tryRequest(limits)).isTrue();
    assertThat(load.tryRetry(limits)).isTrue();
    assertThat(load.tryRetry(limits)).isFalse();
    load.retryOver();
    assertThat(load.tryRetry(limits)).isTrue();
  }

  @Test
  void load_budget_isAShareOfRequestsButNeverBelowItsMinimum() {
    ClusterLoad load = new ClusterLoad();
    CircuitBreakers.Limits limits =
        new CircuitBreakers.Limits(1, 1, 1000, 0, new CircuitBreakers.Budget(20, 3));
    for (int i = 0; i < 3; i++) {
      assertThat(load.tryRetry(limits)).isTrue();
    }
    assertThat(load.tryRetry(limits)).isFalse();
    for (int i = 0; i < 50; i++) {
      load.tryRequest(limits);
    }
    for (int i = 3; i < 10; i++) {
      assertThat(load.tryRetry(limits)).isTrue();
    }
    assertThat(load.tryRetry(limits)).isFalse();
  }
}
