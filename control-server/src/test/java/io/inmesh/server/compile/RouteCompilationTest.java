package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.created;
import static io.inmesh.server.compile.ConfigObjects.exact;
import static io.inmesh.server.compile.ConfigObjects.grant;
import static io.inmesh.server.compile.ConfigObjects.grpcRoute;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.is;
import static io.inmesh.server.compile.ConfigObjects.match;
import static io.inmesh.server.compile.ConfigObjects.method;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.policy;
import static io.inmesh.server.compile.ConfigObjects.prefix;
import static io.inmesh.server.compile.ConfigObjects.regex;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.ConfigObjects.service;
import static io.inmesh.server.compile.ConfigObjects.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.MaxStreamDuration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.PathMatch;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RouteFilter.Header;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.RouteRetry;
import io.inmesh.server.config.StreamLimits;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.route.v1.FixedStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** From routes and policies to RouteConfigurations and findings. */
class RouteCompilationTest {
  private static final String TABLE = "orders.shop.svc.cluster.local:80";
  private static final String ORDERS = "outbound|80||orders.shop.svc.cluster.local";
  private static final String V1 = "outbound|80||orders-v1.shop.svc.cluster.local";
  private static final String V2 = "outbound|80||orders-v2.shop.svc.cluster.local";

  // Destinations

  @ParameterizedTest
  @EnumSource(CapabilityClass.class)
  void weights_areKeptAsWritten_andZeroTakesNothing(CapabilityClass clients) {
    RouteAction action =
        onlyRoute(
                compile(
                        route(
                            backend("shop", "orders-v1", 80, 9),
                            backend("shop", "orders", 80, 0),
                            backend("shop", "orders-v2", 80, 1)))
                    .seenBy(clients, "shop"))
            .getRoute();

    assertThat(action.getWeightedClusters().getClustersList())
        .extracting(ClusterWeight::getName, c -> c.getWeight().getValue())
        .containsExactly(tuple(V1, 9), tuple(V2, 1));
  }

  @Test
  void oneBackend_isAPlainCluster() {
    assertThat(
            onlyRoute(compile(route(backend("shop", "orders-v1", 80, 7)))).getRoute().getCluster())
        .isEqualTo(V1);
  }

  static Stream<BackendRef> invalidBackends() {
    return Stream.of(
        backend("shop", "nowhere", 80, 1),
        backend("shop", "orders-v2", 81, 1),
        backend("other", "billing", 80, 1),
        new BackendRef(
            "example.com", "Bucket", "shop", "b", null, 1, List.of(), Provenance.UNKNOWN));
  }

  @ParameterizedTest
  @MethodSource("invalidBackends")
  void invalidBackend_keepsItsShare_answeredWith500_andIsReported(BackendRef invalid)
      throws Exception {
    Compiled compiled = compile(route(backend("shop", "orders-v1", 80, 1), invalid));

    List<ClusterWeight> ours =
        onlyRoute(compiled).getRoute().getWeightedClusters().getClustersList();
    assertThat(ours)
        .extracting(ClusterWeight::getName)
        .containsExactly(V1, "inmesh.invalid-backend");
    assertThat(ours).extracting(c -> c.getWeight().getValue()).containsExactly(1, 1);
    assertThat(fixedStatus(ours.get(0))).isNull();
    assertThat(fixedStatus(ours.get(1))).extracting(FixedStatus::getHttpStatus).isEqualTo(500);

    Compiled grpc = compiled.seenBy(CapabilityClass.GRPC, "shop");
    assertThat(onlyRoute(grpc).getRoute().getWeightedClusters().getClustersList())
        .extracting(ClusterWeight::getName, ClusterWeight::getTypedPerFilterConfigCount)
        .containsExactly(tuple(V1, 0), tuple("inmesh.invalid-backend", 0));
    assertThat(grpc.endpoints("inmesh.invalid-backend")).isEmpty();

    Compiled envoy = compiled.seenBy(CapabilityClass.ENVOY, "shop");
    assertThat(envoy.find(XdsType.CLUSTER, "inmesh.invalid-backend")).isNull();
    assertThat(onlyRoute(envoy).getRoute().getClusterNotFoundResponseCode())
        .isEqualTo(RouteAction.ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR);

    assertThat(compiled.findings())
        .filteredOn(Finding::isError)
        .singleElement()
        .satisfies(f -> assertThat(f.pointer()).isEqualTo("/spec/rules/0/backendRefs/1"));
  }

  @Test
  void findingOfEachInvalidBackend_saysWhatIsWrong() {
    Compiled compiled =
        compile(
            route(
                backend("shop", "nowhere", 80, 1),
                backend("shop", "orders-v2", 81, 1),
                backend("other", "billing", 80, 1)));

    assertThat(compiled.findings())
        .filteredOn(Finding::isError)
        .extracting(Finding::code, Finding::message)
        .containsExactlyInAnyOrder(
            tuple(FindingCode.BACKEND_NOT_FOUND, "there is no Service shop/nowhere"),
            tuple(
                FindingCode.BACKEND_PORT_NOT_FOUND,
                "Service shop/orders-v2 has no HTTP or gRPC port 81"),
            tuple(
                FindingCode.BACKEND_NOT_GRANTED,
                "no ReferenceGrant in other lets a HTTPRoute of shop name Service other/billing"));
  }

  @Test
  void backendInAnotherNamespace_withGrant_isValid() {
    Compiled compiled = compile(route(backend("other", "billing", 80, 1)), grant("other", "shop"));

    assertThat(onlyRoute(compiled).getRoute().getCluster())
        .isEqualTo("outbound|80||billing.other.svc.cluster.local");
    assertThat(compiled.findings()).noneMatch(Finding::isError);
  }

  @Test
  void noBackendsOrOnlyZeroWeights_answer500() throws Exception {
    for (Resource<HttpRouteSpec> route :
        List.of(route(), route(backend("shop", "orders-v1", 80, 0)))) {
      Compiled compiled = compile(route);

      List<ClusterWeight> clusters =
          onlyRoute(compiled).getRoute().getWeightedClusters().getClustersList();
      assertThat(fixedStatus(clusters.get(0)))
          .extracting(FixedStatus::getHttpStatus)
          .isEqualTo(500);
      assertThat(clusters).hasSize(1);
      assertThat(codes(compiled)).contains(FindingCode.RULE_WITHOUT_BACKEND);
    }
  }

  @Test
  void filterThatIsNotServed_refusesTheRulesRequests() {
    Compiled compiled =
        compile(
            httpRoute(
                "shop",
                "r",
                parent("shop", "orders"),
                rule(
                    "",
                    List.of(any()),
                    List.of(
                        new RouteFilter.ExternalAuth(
                            "HTTP",
                            backend("shop", "orders-v1", 80, 1),
                            java.util.Map.of(),
                            Provenance.UNKNOWN)),
                    Timeouts.NONE,
                    backend("shop", "orders-v1", 80, 1))));

    assertThat(onlyRoute(compiled).getRoute().getWeightedClusters().getClusters(0).getName())
        .isEqualTo("inmesh.invalid-backend");
    assertThat(codes(compiled)).contains(FindingCode.FILTER_NOT_SERVED);
  }

  // Matches

  @Test
  void prefix_matchesWholeSegments_inEveryDialect() {
    Compiled compiled = compile(routeFor(prefix("/api/")));

    assertThat(onlyRoute(compiled).getMatch().getPathSeparatedPrefix()).isEqualTo("/api");
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "shop").routes(TABLE))
        .extracting(r -> r.getMatch().getPath(), r -> r.getMatch().getPrefix())
        .containsExactly(tuple("/api", ""), tuple("", "/api/"));
  }

  @Test
  void allConditionsOfAMatch_areSent() {
    RouteMatch match =
        onlyRoute(
                compile(
                    routeFor(
                        match(
                            new PathMatch(PathMatch.Type.REGULAR_EXPRESSION, "/a/[0-9]+"),
                            "DELETE",
                            List.of(is("X-Env", "Canary")),
                            List.of(is("Q", "1"))))))
            .getMatch();

    assertThat(match.getSafeRegex().getRegex()).isEqualTo("/a/[0-9]+");
    assertThat(match.getHeadersList())
        .extracting(h -> h.getName(), h -> h.getStringMatch().getExact())
        .containsExactly(tuple(":method", "DELETE"), tuple("x-env", "Canary"));
    assertThat(match.getQueryParametersList())
        .extracting(q -> q.getName(), q -> q.getStringMatch().getExact())
        .containsExactly(tuple("Q", "1"));
  }

  @SuppressWarnings("deprecation")
  @Test
  void stockGrpc_getsOnlyRoutesThatCanMatchGrpc() {
    PathMatch path = PathMatch.ANY;
    Compiled grpc =
        compile(
                httpRoute(
                    "shop",
                    "r",
                    parent("shop", "orders"),
                    named("get", match(path, "GET", List.of(), List.of())),
                    named("post", match(path, "POST", List.of(), List.of())),
                    named("query", match(path, null, List.of(), List.of(is("q", "1")))),
                    named("odd", match(path, null, List.of(is("x!y", "1")), List.of())),
                    named("binary", match(path, null, List.of(is("x-bin", "1")), List.of())),
                    named("header", match(path, null, List.of(is("X-Env", "1")), List.of()))))
            .seenBy(CapabilityClass.GRPC, "shop");

    assertThat(grpc.routes(TABLE))
        .extracting(Route::getName, r -> r.getMatch().getHeadersCount())
        .containsExactly(tuple("HTTPRoute shop/r#post", 0), tuple("HTTPRoute shop/r#header", 1));
    assertThat(grpc.routes(TABLE).get(1).getMatch().getHeaders(0).getExactMatch()).isEqualTo("1");
  }

  @Test
  void grpcMethods_becomePaths() {
    Compiled compiled =
        compile(
            grpcRoute(
                "shop",
                "g",
                parent("shop", "orders"),
                List.of(method("a.B", "Get"), method("a.B", null), method(null, "Get")),
                backend("shop", "orders", 80, 1)));

    assertThat(compiled.routes(TABLE))
        .extracting(
            r -> r.getMatch().getPath(),
            r -> r.getMatch().getPrefix(),
            r -> r.getMatch().getSafeRegex().getRegex())
        .containsExactly(
            tuple("/a.B/Get", "", ""), tuple("", "/a.B/", ""), tuple("", "", "/[^/]+/Get"));
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "x").routes(TABLE))
        .isEqualTo(compiled.routes(TABLE));
  }

  // Headers, timeouts, retries

  @Test
  void headerChanges_areAtRuleAndBackend_lowerCase_andLiteral() {
    HeaderChanges atRule =
        new HeaderChanges(
            List.of(new Header("X-Set", "100%")),
            List.of(new Header("X-Add", "b")),
            List.of("X-Del"));
    HeaderChanges atBackend =
        new HeaderChanges(List.of(new Header("X-Version", "v2")), List.of(), List.of());
    Route route =
        onlyRoute(
            compile(
                httpRoute(
                    "shop",
                    "r",
                    parent("shop", "orders"),
                    rule(
                        "",
                        List.of(any()),
                        List.of(
                            new RouteFilter.RequestHeaders(atRule, Provenance.UNKNOWN),
                            new RouteFilter.ResponseHeaders(atBackend, Provenance.UNKNOWN)),
                        Timeouts.NONE,
                        backend(
                            "shop",
                            "orders-v2",
                            80,
                            1,
                            new RouteFilter.RequestHeaders(atBackend, Provenance.UNKNOWN))))));

    assertThat(route.getRequestHeadersToAddList())
        .extracting(
            h -> h.getHeader().getKey(), h -> h.getHeader().getValue(), h -> h.getAppendAction())
        .containsExactly(
            tuple("x-set", "100%%", HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD),
            tuple("x-add", "b", HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD));
    assertThat(route.getRequestHeadersToRemoveList()).containsExactly("x-del");
    assertThat(route.getResponseHeadersToAdd(0).getHeader().getKey()).isEqualTo("x-version");
    ClusterWeight backend = route.getRoute().getWeightedClusters().getClusters(0);
    assertThat(backend.getName()).isEqualTo(V2);
    assertThat(backend.getRequestHeadersToAdd(0).getHeader().getValue()).isEqualTo("v2");
  }

  @Test
  void timeouts_limitStreamsOfStockGrpcOnly_andZeroMeansNone() {
    Compiled compiled = compile(withTimeouts(Duration.ofSeconds(2), Duration.ofMillis(500)));
    RouteAction limited = onlyRoute(compiled).getRoute();
    assertThat(limited.getTimeout().getSeconds()).isEqualTo(2);
    assertThat(limited.hasMaxStreamDuration()).isFalse();
    RouteAction stock = onlyRoute(compiled.seenBy(CapabilityClass.GRPC, "default")).getRoute();
    assertThat(stock.getMaxStreamDuration().getMaxStreamDuration().getSeconds()).isEqualTo(2);
    assertThat(Durations.toMillis(limited.getRetryPolicy().getPerTryTimeout())).isEqualTo(500);

    RouteAction unlimited =
        onlyRoute(compile(withTimeouts(Duration.ZERO, Duration.ZERO))).getRoute();
    assertThat(unlimited.hasTimeout()).isTrue();
    assertThat(unlimited.getTimeout().getSeconds()).isZero();
    assertThat(unlimited.hasMaxStreamDuration()).isFalse();
    assertThat(unlimited.getRetryPolicy().hasPerTryTimeout()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    // timeout, stream, header max, offset; what our client and what stock gRPC get
    ", 9, , , '9, , ', '9, , '",
    ", , 5, 1, ', 5, 1', ', 5, 1'",
    "2, 9, 5, , '9, 5, ', '2, 2, '",
    "9, 5, 2, , '5, 2, ', '5, 2, '",
    "2, 0, 0, , '0, 0, ', '2, 2, '",
    "2, , , , ', , ', '2, , '",
  })
  void streamLimits_areSaidAsTheyAre_butStockGrpcHasNoTimeoutBesides(
      @Nullable Integer timeout,
      @Nullable Integer stream,
      @Nullable Integer max,
      @Nullable Integer offset,
      String ours,
      String stock) {
    StreamLimits limits = new StreamLimits(seconds(stream), seconds(max), seconds(offset));
    assertThat(said(limits, timeout, CapabilityClass.INMESH)).isEqualTo(ours);
    assertThat(said(limits, timeout, CapabilityClass.ENVOY)).isEqualTo(ours);
    assertThat(said(limits, timeout, CapabilityClass.GRPC)).isEqualTo(stock);
  }

  private static @Nullable Duration seconds(@Nullable Integer number) {
    return number == null ? null : Duration.ofSeconds(number);
  }

  private static String said(
      StreamLimits limits, @Nullable Integer timeout, CapabilityClass clients) {
    MaxStreamDuration said =
        StreamResources.of(limits, seconds(timeout), clients)
            .orElse(MaxStreamDuration.getDefaultInstance());
    return (said.hasMaxStreamDuration() ? said.getMaxStreamDuration().getSeconds() : "")
        + ", "
        + (said.hasGrpcTimeoutHeaderMax() ? said.getGrpcTimeoutHeaderMax().getSeconds() : "")
        + ", "
        + (said.hasGrpcTimeoutHeaderOffset() ? said.getGrpcTimeoutHeaderOffset().getSeconds() : "");
  }

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

  // Parents

  @Test
  void parent_byPortAndSection_attachesThere() {
    Resource<?> twoPorts = service("shop", "pair", 80, 90);
    Compiled compiled =
        compile(
            twoPorts,
            httpRoute(
                "shop", "byPort", parent("shop", "pair", null, 90), rule(List.of(exact("/p")))),
            httpRoute(
                "shop",
                "bySection",
                parent("shop", "pair", "p80", null),
                rule(List.of(exact("/s")))),
            httpRoute(
                "shop", "neither", parent("shop", "pair", "p80", 90), rule(List.of(exact("/n")))));

    assertThat(compiled.routes("pair.shop.svc.cluster.local:90"))
        .extracting(Route::getName)
        .containsExactly("HTTPRoute shop/byPort#0");
    assertThat(compiled.routes("pair.shop.svc.cluster.local:80"))
        .extracting(Route::getName)
        .containsExactly("HTTPRoute shop/bySection#0");
    assertThat(compiled.findings())
        .filteredOn(f -> String.valueOf(f.resource()).equals("HTTPRoute shop/neither"))
        .extracting(Finding::code)
        .contains(FindingCode.PARENT_PORT_NOT_FOUND, FindingCode.ROUTE_WITHOUT_PARENT);
  }

  @Test
  void parentThatDoesNotExist_isReported() {
    assertThat(
            codes(compile(httpRoute("shop", "x", parent("shop", "nobody"), rule(List.of(any()))))))
        .contains(FindingCode.PARENT_NOT_FOUND, FindingCode.ROUTE_WITHOUT_PARENT);
  }

  @Test
  void consumerRoute_isForItsNamespaceOnly_andReplacesTheProducers() {
    Compiled compiled =
        compile(
            route(backend("shop", "orders-v1", 80, 1)),
            httpRoute(
                "web",
                "mine",
                parent("shop", "orders"),
                rule(List.of(prefix("/mine")), backend("shop", "orders", 80, 1))));

    assertThat(compiled.seenBy(CapabilityClass.INMESH, "web").routes(TABLE))
        .extracting(Route::getName)
        .containsExactly("HTTPRoute web/mine#0");
    assertThat(compiled.seenBy(CapabilityClass.GRPC, "web").routes(TABLE))
        .extracting(Route::getName)
        .containsOnly("HTTPRoute web/mine#0");
    for (String namespace : List.of("shop", "other")) {
      assertThat(compiled.seenBy(CapabilityClass.INMESH, namespace).routes(TABLE))
          .extracting(Route::getName)
          .containsExactly("HTTPRoute shop/r#0");
    }
    assertThat(onlyRoute(compiled.seenBy(CapabilityClass.INMESH, "web")).getRoute().getCluster())
        .as("the parent itself needs no grant")
        .isEqualTo(ORDERS);
    assertThat(compiled.findings()).noneMatch(Finding::isError);
  }

  @Test
  void consumerRoute_withoutBackends_answers500_toItsNamespaceOnly() throws Exception {
    Compiled compiled =
        compile(
            route(backend("shop", "orders-v1", 80, 1)),
            httpRoute("web", "mine", parent("shop", "orders"), rule(List.of(any()))));

    ClusterWeight nowhere =
        onlyRoute(compiled.seenBy(CapabilityClass.INMESH, "web"))
            .getRoute()
            .getWeightedClusters()
            .getClusters(0);
    assertThat(fixedStatus(nowhere)).extracting(FixedStatus::getHttpStatus).isEqualTo(500);
    for (String namespace : List.of("shop", "other")) {
      assertThat(
              onlyRoute(compiled.seenBy(CapabilityClass.INMESH, namespace)).getRoute().getCluster())
          .isEqualTo(V1);
    }
    assertThat(codes(compiled)).contains(FindingCode.RULE_WITHOUT_BACKEND);
  }

  @Test
  void findings_areTheSameWhateverTheOrderOfObjects() {
    List<Resource<?>> objects =
        List.of(
            service("shop", "orders", 80),
            httpRoute(
                "shop",
                "a",
                parent("shop", "orders"),
                rule(List.of(any()), backend("shop", "x", 1, 1))),
            httpRoute("shop", "b", parent("shop", "orders"), rule(List.of(any(), regex("/.*")))),
            httpRoute("shop", "c", parent("shop", "gone"), rule(List.of(any()))));
    List<Finding> expected =
        Compiled.compile(ConfigSet.of(objects), RegistrySnapshot.EMPTY).findings();
    List<Resource<?>> reversed = new java.util.ArrayList<>(objects);
    java.util.Collections.reverse(reversed);

    assertThat(Compiled.compile(ConfigSet.of(reversed), RegistrySnapshot.EMPTY).findings())
        .isEqualTo(expected)
        .isNotEmpty();
  }

  private static Resource<HttpRouteSpec> route(BackendRef... backends) {
    return httpRoute("shop", "r", parent("shop", "orders"), rule(List.of(any()), backends));
  }

  private static Resource<HttpRouteSpec> routeFor(HttpRouteSpec.Match match) {
    return httpRoute(
        "shop",
        "r",
        parent("shop", "orders"),
        rule(List.of(match), backend("shop", "orders", 80, 1)));
  }

  private static Resource<HttpRouteSpec> withTimeouts(
      @Nullable Duration request, @Nullable Duration backendRequest) {
    return httpRoute(
        "shop",
        "r",
        parent("shop", "orders"),
        rule(
            "",
            List.of(any()),
            List.of(),
            new Timeouts(request, backendRequest),
            backend("shop", "orders", 80, 1)));
  }

  private static HttpRouteSpec.Rule named(String name, HttpRouteSpec.Match match) {
    return rule(name, List.of(match), List.of(), Timeouts.NONE, backend("shop", "orders", 80, 1));
  }

  /** With the services every test knows. */
  private static Compiled compile(Resource<?>... objects) {
    List<Resource<?>> all = new java.util.ArrayList<>(List.of(objects));
    all.add(service("shop", "orders", 80));
    all.add(service("shop", "orders-v1", 80));
    all.add(service("shop", "orders-v2", 80));
    all.add(service("other", "billing", 80));
    return Compiled.compile(ConfigSet.of(all), RegistrySnapshot.EMPTY);
  }

  private static Route onlyRoute(Compiled compiled) {
    assertThat(compiled.routes(TABLE)).isNotEmpty();
    return compiled.routes(TABLE).get(0);
  }

  private static List<Long> timeouts(Compiled compiled) {
    return compiled.routes(TABLE).stream()
        .map(r -> r.getRoute().getTimeout().getSeconds())
        .toList();
  }

  private static List<FindingCode> codes(Compiled compiled) {
    return compiled.findings().stream().map(Finding::code).toList();
  }

  private static @Nullable FixedStatus fixedStatus(ClusterWeight cluster)
      throws InvalidProtocolBufferException {
    Any config = cluster.getTypedPerFilterConfigMap().get("inmesh.fixed_status");
    return config == null
        ? null
        : config.unpack(FilterConfig.class).getConfig().unpack(FixedStatus.class);
  }
}
