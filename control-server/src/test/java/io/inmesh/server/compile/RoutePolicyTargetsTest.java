package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.created;
import static io.inmesh.server.compile.ConfigObjects.exact;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.policy;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.ConfigObjects.target;
import static io.inmesh.server.compile.OrdersRoutes.compile;
import static io.inmesh.server.compile.OrdersRoutes.named;
import static io.inmesh.server.compile.OrdersRoutes.onlyRoute;
import static io.inmesh.server.compile.OrdersRoutes.route;
import static io.inmesh.server.compile.OrdersRoutes.withTimeouts;
import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersService.codes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.RouteRetry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What RoutePolicies give the rules they target, and what goes before them. */
class RoutePolicyTargetsTest {
  @Test
  void policyRetries_includeWhatIsSafeAnyway() {
    RetryPolicy retry =
        onlyRoute(
                compile(
                    route(backend("shop", "orders-v1", 80, 1)),
                    policy(
                        "shop",
                        "p",
                        target("HTTPRoute", "r", null),
                        null,
                        new RoutePolicySpec.Retry(
                            3,
                            List.of("5xx", "unavailable"),
                            List.of(),
                            List.of(503, 429),
                            Duration.ofMillis(10),
                            null,
                            null,
                            null,
                            Provenance.UNKNOWN))))
            .getRoute()
            .getRetryPolicy();

    assertThat(retry.getRetryOn())
        .isEqualTo(
            "5xx,connect-failure,refused-stream,reset-before-request,retriable-status-codes,unavailable");
    assertThat(retry.getNumRetries().getValue()).isEqualTo(3);
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(429, 503);
    assertThat(Durations.toMillis(retry.getRetryBackOff().getBaseInterval())).isEqualTo(10);
    assertThat(Durations.toMillis(retry.getRetryBackOff().getMaxInterval())).isEqualTo(100);
    assertThat(retry.getRetryHostPredicate(0).getName())
        .isEqualTo("envoy.retry_host_predicates.previous_hosts");
  }

  @Test
  void retryOfARule_goesBeforeThePolicys() {
    HttpRouteSpec.Rule plain = rule(List.of(any()), backend("shop", "orders", 80, 1));
    HttpRouteSpec.Rule withRetry =
        new HttpRouteSpec.Rule(
            0,
            "",
            plain.matches(),
            plain.filters(),
            plain.backendRefs(),
            plain.timeouts(),
            new RouteRetry(List.of(500), 1, Duration.ofMillis(5), Provenance.UNKNOWN),
            null,
            Provenance.UNKNOWN);
    Compiled compiled =
        compile(
            httpRoute("shop", "r", parent("shop", "orders"), withRetry),
            policy(
                "shop",
                "p",
                target("HTTPRoute", "r", null),
                null,
                new RoutePolicySpec.Retry(
                    9,
                    List.of("5xx"),
                    List.of(),
                    List.of(),
                    null,
                    null,
                    null,
                    null,
                    Provenance.UNKNOWN)));

    RetryPolicy retry = onlyRoute(compiled).getRoute().getRetryPolicy();
    assertThat(retry.getNumRetries().getValue()).isEqualTo(1);
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(500);
    assertThat(retry.getRetryOn()).contains("retriable-status-codes").doesNotContain("5xx");
    assertThat(codes(compiled)).contains(FindingCode.POLICY_OVERRULED);
  }

  @Test
  void zeroAttempts_switchAllRetriesOff_butKeepThePerTryTimeout() {
    RoutePolicySpec.Retry none =
        new RoutePolicySpec.Retry(
            0, List.of(), List.of(), List.of(), null, null, null, null, Provenance.UNKNOWN);
    Compiled compiled =
        compile(
            withTimeouts(null, Duration.ofSeconds(1)),
            policy("shop", "p", target("HTTPRoute", "r", null), null, none));

    RetryPolicy ours = onlyRoute(compiled).getRoute().getRetryPolicy();
    assertThat(ours.getNumRetries().getValue()).isZero();
    assertThat(ours.getRetryOn()).isEmpty();
    assertThat(ours.getPerTryTimeout().getSeconds()).isEqualTo(1);
    assertThat(onlyRoute(compiled.seenBy(CapabilityClass.GRPC, "shop")).getRoute().hasRetryPolicy())
        .isFalse();
  }

  @Test
  void policy_ofTheRule_thenOfTheRoute_thenOfTheService_replaces() {
    Resource<HttpRouteSpec> route =
        httpRoute(
            "shop",
            "r",
            parent("shop", "orders"),
            named("one", exact("/1")),
            named("two", exact("/2")));
    Resource<?> ofService =
        policy("shop", "s", target("Service", "orders", null), Duration.ofSeconds(9), null);
    Resource<?> ofRoute =
        policy("shop", "t", target("HTTPRoute", "r", null), Duration.ofSeconds(5), null);
    Resource<?> ofRule =
        policy("shop", "u", target("HTTPRoute", "r", "two"), Duration.ofSeconds(1), null);

    assertThat(timeouts(compile(route, ofService, ofRoute, ofRule))).containsExactly(5L, 1L);
    assertThat(timeouts(compile(route, ofService))).containsExactly(9L, 9L);
    assertThat(timeouts(compile(ofService))).containsExactly(9L);
  }

  @Test
  void twoPoliciesOnOneTarget_theOlderWins_theOtherIsReported() {
    Resource<?> a =
        policy("shop", "a", target("Service", "orders", null), Duration.ofSeconds(1), null);
    Resource<?> b =
        created(
            policy("shop", "b", target("Service", "orders", null), Duration.ofSeconds(2), null),
            "2026-01-01T00:00:00Z");
    Compiled compiled = compile(a, b);

    assertThat(timeouts(compiled)).containsExactly(2L);
    assertThat(compiled.findings())
        .filteredOn(f -> f.code() == FindingCode.POLICY_CONFLICTED)
        .singleElement()
        .satisfies(f -> assertThat(f.resource()).hasToString("RoutePolicy shop/a"));
  }

  @Test
  void policy_withoutTarget_andOverruledPolicy_areReported() {
    Compiled compiled =
        compile(
            withTimeouts(Duration.ofSeconds(3), null),
            policy("shop", "a", target("HTTPRoute", "gone", null), Duration.ofSeconds(1), null),
            policy("shop", "b", target("HTTPRoute", "r", "norule"), Duration.ofSeconds(1), null),
            policy("shop", "c", target("HTTPRoute", "r", null), Duration.ofSeconds(1), null));

    assertThat(timeouts(compiled)).containsExactly(3L);
    assertThat(compiled.findings())
        .extracting(Finding::code, f -> String.valueOf(f.resource()))
        .contains(
            tuple(FindingCode.POLICY_TARGET_NOT_FOUND, "RoutePolicy shop/a"),
            tuple(FindingCode.POLICY_TARGET_NOT_FOUND, "RoutePolicy shop/b"),
            tuple(FindingCode.POLICY_OVERRULED, "RoutePolicy shop/c"));
  }

  private static List<Long> timeouts(Compiled compiled) {
    return compiled.routes(ROUTES).stream()
        .map(r -> r.getRoute().getTimeout().getSeconds())
        .toList();
  }
}
