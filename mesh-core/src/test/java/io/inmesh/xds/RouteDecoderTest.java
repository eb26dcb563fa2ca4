package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.inmesh.model.Fraction;
import io.inmesh.model.HashPolicy;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.Mirror;
import io.inmesh.model.PathMatch;
import io.inmesh.model.QueryMatch;
import io.inmesh.model.RetryPolicy;
import io.inmesh.model.Rewrite;
import io.inmesh.model.RouteAction.DirectResponse;
import io.inmesh.model.RouteAction.Forward;
import io.inmesh.model.RouteAction.NonForwarding;
import io.inmesh.model.RouteAction.Redirect;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.StringMatch;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.wire.route.v1.FixedStatus;
import io.inmesh.wire.route.v1.RetrySafety;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RouteDecoderTest {
  private static RouteConfig decode(RouteConfiguration config) throws Rejection {
    return ResourceKind.ROUTES.decode(config, KnownFilters.NONE).value();
  }

  private static io.inmesh.model.Route route(String text) throws Rejection {
    return decode(Protos.routes("r", Text.merge(text, Route.newBuilder())))
        .virtualHosts()
        .get(0)
        .routes()
        .get(0);
  }

  private static io.inmesh.model.RouteMatch match(String text) throws Rejection {
    return route("match { " + text + " } route { cluster: 'c' }").match();
  }

  private static Forward action(String text) throws Rejection {
    return (Forward) route("match { prefix: '/' } route { " + text + " }").action();
  }

  private static RetryPolicy retry(String text) throws Rejection {
    RetryPolicy retry = action("cluster: 'c' retry_policy { " + text + " }").retry();
    assertThat(retry).isNotNull();
    return java.util.Objects.requireNonNull(retry);
  }

  static Stream<Arguments> paths() {
    return Stream.of(
        Arguments.of("prefix: ''", new PathMatch.Prefix("", true)),
        Arguments.of("prefix: '/a'", new PathMatch.Prefix("/a", true)),
        Arguments.of(
            "prefix: '/a' case_sensitive { value: true }", new PathMatch.Prefix("/a", true)),
        Arguments.of(
            "prefix: '/a' case_sensitive { value: false }", new PathMatch.Prefix("/a", false)),
        Arguments.of("path: '/Orders'", new PathMatch.Exact("/Orders", true)),
        Arguments.of("path_separated_prefix: '/a/b'", new PathMatch.SegmentPrefix("/a/b", true)),
        Arguments.of("safe_regex { regex: '/a.*' }", new PathMatch.Regex("/a.*")));
  }

  @ParameterizedTest
  @MethodSource("paths")
  void path_isCaseSensitiveUnlessItSaysOtherwise(String text, PathMatch expected) throws Rejection {
    assertThat(match(text).path()).isEqualTo(expected);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        Arguments.of("", new HeaderMatch.Test.Present(true)),
        Arguments.of("present_match: false", new HeaderMatch.Test.Present(false)),
        Arguments.of("exact_match: 'v'", value(new StringMatch.Exact("v", false))),
        Arguments.of("prefix_match: 'v'", value(new StringMatch.Prefix("v", false))),
        Arguments.of("suffix_match: 'v'", value(new StringMatch.Suffix("v", false))),
        Arguments.of("contains_match: 'v'", value(new StringMatch.Contains("v", false))),
        Arguments.of("safe_regex_match { regex: 'v+' }", value(new StringMatch.Regex("v+"))),
        Arguments.of(
            "string_match { exact: 'v' ignore_case: true }",
            value(new StringMatch.Exact("v", true))),
        Arguments.of("range_match { start: -1 end: 5 }", new HeaderMatch.Test.Range(-1, 5)));
  }

  private static HeaderMatch.Test value(StringMatch match) {
    return new HeaderMatch.Test.Value(match);
  }

  @ParameterizedTest
  @MethodSource("headers")
  void header_isMatchedAsWritten(String text, HeaderMatch.Test expected) throws Rejection {
    assertThat(match("prefix: '/' headers { name: 'X-A' " + text + " }").headers())
        .containsExactly(new HeaderMatch("x-a", expected, false, false));
    assertThat(
            match(
                    "prefix: '/' headers { name: ':method' invert_match: true"
                        + " treat_missing_header_as_empty: true "
                        + text
                        + " }")
                .headers())
        .containsExactly(new HeaderMatch(":method", expected, true, true));
  }

  @Test
  void queriesGrpcAndFraction_arePartOfTheMatch() throws Rejection {
    io.inmesh.model.RouteMatch match =
        match(
            """
            prefix: '/' grpc {}
            query_parameters { name: 'a' string_match { exact: 'b' } }
            query_parameters { name: 'c' present_match: true }
            runtime_fraction { default_value { numerator: 25 denominator: TEN_THOUSAND } }
            """);
    assertThat(match.grpcOnly()).isTrue();
    assertThat(match.queries())
        .containsExactly(
            new QueryMatch("a", new StringMatch.Exact("b", false)), new QueryMatch("c", null));
    assertThat(match.fraction()).isEqualTo(new Fraction(25, 10_000));
    assertThat(match("prefix: '/'").fraction()).isEqualTo(Fraction.ALL);
  }

  /** RT-24; more than all is all, as with Envoy. */
  @ParameterizedTest
  @CsvSource({
    "'numerator: 25',                             25, 100",
    "'numerator: 25 denominator: HUNDRED',        25, 100",
    "'numerator: 25 denominator: TEN_THOUSAND',   25, 10000",
    "'numerator: 25 denominator: MILLION',        25, 1000000",
    "'',                                           0, 100",
    "'numerator: 101',                           100, 100",
    "'numerator: 4294967295 denominator: MILLION', 1000000, 1000000"
  })
  void fraction_hasItsDenominator(String percent, int numerator, int denominator) throws Rejection {
    assertThat(
            match("prefix: '/' runtime_fraction { default_value { " + percent + " } }").fraction())
        .isEqualTo(new Fraction(numerator, denominator));
  }

  @Test
  void fraction_ofAnUnknownDenominator_isRefused() {
    assertThatThrownBy(
            () -> match("prefix: '/' runtime_fraction { default_value { denominator: 9 } }"))
        .isInstanceOf(Rejection.class)
        .hasMessageContaining("denominator");
  }

  @Test
  void timeouts_unsetMeansNone() throws Rejection {
    Forward unset = action("cluster: 'c'");
    assertThat(unset.timeout()).isNull();
    assertThat(unset.idleTimeout()).isNull();
    assertThat(unset.maxStreamDuration()).isNull();
    assertThat(unset.grpcTimeoutMax()).isNull();
    assertThat(unset.retry()).isNull();
    assertThat(unset.clusterNotFoundStatus()).isEqualTo(503);
    assertThat(unset.rewrite()).isEqualTo(Rewrite.NONE);

    Forward set =
        action(
            """
            cluster: 'c' timeout { seconds: 3 nanos: 500000000 } idle_timeout { seconds: 4 }
            max_stream_duration {
              max_stream_duration { seconds: 5 }
              grpc_timeout_header_max {}
              grpc_timeout_header_offset { nanos: 1000000 }
            }
            priority: HIGH
            cluster_not_found_response_code: INTERNAL_SERVER_ERROR
            """);
    assertThat(set.timeout()).isEqualTo(Duration.ofMillis(3500));
    assertThat(set.idleTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(set.maxStreamDuration()).isEqualTo(Duration.ofSeconds(5));
    assertThat(set.grpcTimeoutMax()).isEqualTo(Duration.ZERO);
    assertThat(set.grpcTimeoutOffset()).isEqualTo(Duration.ofMillis(1));
    assertThat(set.highPriority()).isTrue();
    assertThat(set.clusterNotFoundStatus()).isEqualTo(500);
    assertThat(action("cluster: 'c' timeout {}").timeout()).isNull();
  }

  @Test
  void split_keepsWeightsHeadersAndFixedStatus() throws Rejection {
    RouteAction.Builder split = Protos.split("a", 1, "b", 0);
    split
        .getWeightedClustersBuilder()
        .getClustersBuilder(1)
        .setWeight(Protos.uint(3))
        .putTypedPerFilterConfig(
            "inmesh.fixed_status",
            Any.pack(
                FilterConfig.newBuilder()
                    .setIsOptional(true)
                    .setConfig(Any.pack(FixedStatus.newBuilder().setHttpStatus(500).build()))
                    .build()))
        .addRequestHeadersToRemove("X-Gone");
    Forward forward =
        (Forward) decode(Protos.routes("r", split)).virtualHosts().get(0).routes().get(0).action();
    assertThat(forward.clusters())
        .extracting(
            WeightedCluster::cluster,
            WeightedCluster::weight,
            WeightedCluster::fixedStatus,
            cluster -> cluster.headers().requestRemoves())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("a", 1, 0, List.of()),
            org.assertj.core.groups.Tuple.tuple("b", 3, 500, List.of("x-gone")));
    assertThat(forward.clusters()).allSatisfy(c -> assertThat(c.filters()).isEmpty());
  }

  @Test
  void retryDefaults_areEnvoys() throws Rejection {
    assertThat(retry("retry_on: '5xx'"))
        .isEqualTo(
            new RetryPolicy(
                Set.of("5xx"),
                1,
                null,
                null,
                Duration.ofMillis(25),
                Duration.ofMillis(250),
                Set.of(),
                List.of(),
                List.of(),
                false,
                Map.of(),
                1,
                0,
                List.of(),
                Duration.ofMinutes(5),
                false,
                Duration.ZERO));
  }

  @ParameterizedTest
  @CsvSource({
    "'',1",
    "num_retries {},0",
    "num_retries { value: 0 },0",
    "num_retries { value: 4 },4"
  })
  void numRetries_unsetIsOneAndZeroIsZero(String text, int expected) throws Rejection {
    assertThat(retry(text).retries()).isEqualTo(expected);
  }

  @Test
  void retryPolicy_isReadWhole() throws Rejection {
    RetryPolicy retry =
        retry(
            """
            retry_on: 'connect-failure, refused-stream,unavailable,,made-up'
            per_try_timeout { seconds: 1 } per_try_idle_timeout { seconds: 2 }
            retry_back_off { base_interval { nanos: 10000000 } }
            retriable_status_codes: 503 retriable_status_codes: 429
            retriable_headers { name: 'x-retry' }
            retry_host_predicate { name: 'envoy.retry_host_predicates.previous_hosts' }
            host_selection_retry_max_attempts: 5
            rate_limited_retry_back_off {
              reset_headers { name: 'Retry-After' format: SECONDS }
              reset_headers { name: 'x-reset' format: UNIX_TIMESTAMP }
              max_interval { seconds: 10 }
            }
            """);
    assertThat(retry.on()).containsOnly("connect-failure", "refused-stream", "unavailable");
    assertThat(retry.perTryTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(retry.perTryIdleTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(retry.backOffBase()).isEqualTo(Duration.ofMillis(10));
    assertThat(retry.backOffMax()).isEqualTo(Duration.ofMillis(100));
    assertThat(retry.statusCodes()).containsOnly(503, 429);
    assertThat(retry.retriableHeaders()).hasSize(1);
    assertThat(retry.avoidPreviousHosts()).isTrue();
    assertThat(retry.hostSelectionAttempts()).isEqualTo(5);
    assertThat(retry.rateLimitedResets())
        .containsExactly(
            new RetryPolicy.ResetHeader("retry-after", false),
            new RetryPolicy.ResetHeader("x-reset", true));
    assertThat(retry.rateLimitedMax()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void unknownRetryCondition_isRemarkedOn() throws Rejection {
    Decoded<RouteConfig> decoded =
        ResourceKind.ROUTES.decode(
            Protos.routes(
                "r",
                Text.merge(
                    "cluster: 'c' retry_policy { retry_on: 'made-up' }", RouteAction.newBuilder())),
            KnownFilters.NONE);
    assertThat(decoded.remarks())
        .containsExactly(
            new Remark(
                "virtual_hosts[0].routes[0].route.retry_policy.retry_on",
                "does not know the condition 'made-up'"));
  }

  @Test
  void ourRetrySafety_reachesThePolicy() throws Rejection {
    RouteConfig config =
        decode(
            Protos.routes(
                "r",
                Route.newBuilder()
                    .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                    .setRoute(
                        RouteAction.newBuilder()
                            .setCluster("c")
                            .setRetryPolicy(
                                io.envoyproxy.envoy.config.route.v3.RetryPolicy.newBuilder()
                                    .setRetryOn("5xx")))
                    .putTypedPerFilterConfig(
                        "inmesh.retry",
                        Any.pack(
                            FilterConfig.newBuilder()
                                .setIsOptional(true)
                                .setConfig(
                                    Any.pack(
                                        RetrySafety.newBuilder()
                                            .setNonIdempotentAllowed(true)
                                            .build()))
                                .build()))));
    io.inmesh.model.Route route = config.virtualHosts().get(0).routes().get(0);
    RetryPolicy retry = ((Forward) route.action()).retry();
    assertThat(retry).isNotNull();
    assertThat(java.util.Objects.requireNonNull(retry).nonIdempotentAllowed()).isTrue();
    assertThat(route.filters()).isEmpty();
  }

  @Test
  void rewritesMirrorsAndHashes_areRead() throws Rejection {
    Forward forward =
        action(
            """
            cluster: 'c' prefix_rewrite: '/new' host_rewrite_literal: 'h.example'
            request_mirror_policies { cluster: 'm' runtime_fraction { default_value { numerator: 5 } } }
            request_mirror_policies { cluster: 'n' }
            hash_policy { header { header_name: 'X-User' } terminal: true }
            hash_policy { cookie { name: 'c' ttl { seconds: 60 } path: '/' } }
            hash_policy { query_parameter { name: 'q' } }
            hash_policy { connection_properties { source_ip: true } }
            """);
    assertThat(forward.rewrite()).isEqualTo(new Rewrite("/new", null, null, null, "h.example"));
    assertThat(forward.mirrors())
        .containsExactly(
            new Mirror("m", new Fraction(5, 100), true), new Mirror("n", Fraction.ALL, true));
    assertThat(forward.hashPolicies())
        .containsExactly(
            new HashPolicy.Header("x-user", null, null, true),
            new HashPolicy.Cookie("c", Duration.ofSeconds(60), "/", false),
            new HashPolicy.Query("q", false),
            new HashPolicy.Source(false));
    assertThat(
            action("cluster: 'c' regex_rewrite { pattern { regex: '^/a' } substitution: '/b' }")
                .rewrite())
        .isEqualTo(new Rewrite(null, null, "^/a", "/b", null));
  }

  @Test
  void otherActions_areRead() throws Rejection {
    assertThat(
            route(
                    "match { prefix: '/' } redirect { host_redirect: 'h' port_redirect: 8443"
                        + " https_redirect: true path_redirect: '/x' response_code: FOUND"
                        + " strip_query: true }")
                .action())
        .isEqualTo(new Redirect("https", "h", 8443, "/x", null, 302, true));
    assertThat(route("match { prefix: '/' } redirect { prefix_rewrite: '/x' }").action())
        .isEqualTo(new Redirect(null, null, null, null, "/x", 301, false));
    assertThat(
            route(
                    "match { prefix: '/' } direct_response { status: 418 body { inline_string: 't'"
                        + " } }")
                .action())
        .isEqualTo(new DirectResponse(418, "t"));
    assertThat(route("match { prefix: '/' } non_forwarding_action {}").action())
        .isEqualTo(new NonForwarding());
  }

  @Test
  void headerChanges_keepModeAndOrder() throws Rejection {
    io.inmesh.model.Route route =
        route(
            """
            match { prefix: '/' } route { cluster: 'c' }
            request_headers_to_add { header { key: 'A' value: '1' } }
            request_headers_to_add { header { key: 'b' value: '2' } append { value: false } }
            request_headers_to_add { header { key: 'c' value: '3' } append_action: ADD_IF_ABSENT }
            request_headers_to_add { header { key: 'd' value: '' } }
            request_headers_to_add { header { key: 'e' value: '' } keep_empty_value: true }
            response_headers_to_add { header { key: 'f' value: '%REQ(x)%' } append_action: OVERWRITE_IF_EXISTS_OR_ADD }
            response_headers_to_remove: 'Server'
            """);
    assertThat(route.headers().requestAdds())
        .containsExactly(
            new HeaderAdd("a", "1", HeaderAdd.Mode.APPEND),
            new HeaderAdd("b", "2", HeaderAdd.Mode.OVERWRITE),
            new HeaderAdd("c", "3", HeaderAdd.Mode.ADD_IF_ABSENT),
            new HeaderAdd("e", "", HeaderAdd.Mode.APPEND));
    assertThat(route.headers().responseAdds())
        .containsExactly(new HeaderAdd("f", "%REQ(x)%", HeaderAdd.Mode.OVERWRITE));
    assertThat(route.headers().responseRemoves()).containsExactly("server");
  }

  @Test
  void virtualHost_isReadWithItsDefaults() throws Rejection {
    RouteConfiguration config =
        Text.merge(
                """
                name: 'r'
                virtual_hosts {
                  name: 'one' domains: 'Orders.Example' domains: '*.b' domains: 'c.*'
                  include_request_attempt_count: true
                  retry_policy { retry_on: 'reset' }
                  request_mirror_policies { cluster: 'm' }
                }
                virtual_hosts { name: 'rest' domains: '*' }
                request_mirror_policies { cluster: 'all' }
                """,
                RouteConfiguration.newBuilder())
            .build();
    RouteConfig decoded = decode(config);
    VirtualHost host = decoded.virtualHosts().get(0);
    assertThat(host.domains()).containsExactly("orders.example", "*.b", "c.*");
    assertThat(host.attemptCount()).isTrue();
    assertThat(host.retry()).isNotNull();
    assertThat(host.mirrors()).extracting(Mirror::cluster).containsExactly("m");
    assertThat(decoded.mirrors()).extracting(Mirror::cluster).containsExactly("all");
  }

  static Stream<Arguments> rejectedRoutes() {
    String match = "match { prefix: '/' } ";
    return Stream.of(
        Arguments.of("route { cluster: 'c' }", "match: has no path specifier that is supported"),
        Arguments.of(match, "(route): has no action that is supported"),
        Arguments.of(
            "match { safe_regex { regex: 'a(' } } route { cluster: 'c' }",
            "match.safe_regex.regex: is no RE2 expression: error parsing regexp: missing closing ):"
                + " `a(`"),
        Arguments.of(
            "match { safe_regex { regex: '(a{900}){900}' } } route { cluster: 'c' }",
            "match.safe_regex.regex: repeats too much"),
        Arguments.of(
            "match { path_separated_prefix: '/a/' } route { cluster: 'c' }",
            "match.path_separated_prefix: must begin with a slash, not end with one and not be"
                + " '/'"),
        Arguments.of(
            "match { prefix: '/' headers { name: 'a b' } } route { cluster: 'c' }",
            "match.headers[0].name: is no header name"),
        Arguments.of(match + "route { cluster: '' }", "route.cluster: is empty"),
        Arguments.of(match + "route {}", "route: has no destination that is supported"),
        Arguments.of(
            match + "route { weighted_clusters { clusters { name: 'a' } } }",
            "route.weighted_clusters.clusters: weights sum to zero"),
        Arguments.of(
            match + "route { cluster: 'c' timeout { seconds: -1 } }", "route.timeout: is negative"),
        Arguments.of(
            match + "route { cluster: 'c' retry_policy { retriable_status_codes: 42 } }",
            "route.retry_policy.retriable_status_codes[0]: 42 is no HTTP status"),
        Arguments.of(
            match + "route { cluster: 'c' retry_policy { retry_back_off {} } }",
            "route.retry_policy.retry_back_off.base_interval: must be longer than zero"),
        Arguments.of(
            match + "direct_response { status: 99 }",
            "direct_response.status: must be from 200 to 599"),
        Arguments.of(
            match + "redirect { port_redirect: 70000 }", "redirect.port_redirect: is no port"),
        Arguments.of(
            match
                + "route { cluster: 'c' } request_headers_to_add { header { key: 'Host' value: 'x'"
                + " } }",
            "request_headers_to_add[0].header.key: must not be a pseudo-header or host"),
        Arguments.of(
            match
                + "route { cluster: 'c' } request_headers_to_add { header { key: 'a' value: 'x\\r"
                + "\\n"
                + "y: z' } }",
            "request_headers_to_add[0].header.value: holds a control character"));
  }

  @ParameterizedTest
  @MethodSource("rejectedRoutes")
  void badRoute_isRejectedWithItsPath(String text, String expected) {
    RouteConfiguration config = Protos.routes("r", Text.merge(text, Route.newBuilder()));
    String path = "virtual_hosts[0].routes[0]";
    assertThat(Rejections.of(ResourceKind.ROUTES, config))
        .isEqualTo(
            expected.startsWith("(route)")
                ? path + expected.substring("(route)".length())
                : path + "." + expected);
  }

  static Stream<Arguments> unsupportedThatWouldMisroute() {
    return Stream.of(
            "route { cluster_header: 'x' }",
            "route { cluster: 'c' metadata_match { filter_metadata { key: 'envoy.lb' } } }",
            "route { cluster: 'c' auto_host_rewrite { value: true } }",
            "match { prefix: '/' tls_context {} } route { cluster: 'c' }",
            "match { prefix: '/' dynamic_metadata {} } route { cluster: 'c' }",
            "direct_response { status: 200 body { filename: '/etc/passwd' } }",
            "direct_response { status: 200 body { environment_variable: 'HOME' } }",
            "filter_action {}")
        .map(
            text ->
                Arguments.of(text.startsWith("match") ? text : "match { prefix: '/' } " + text));
  }

  @ParameterizedTest
  @MethodSource("unsupportedThatWouldMisroute")
  void unsupportedFieldThatChangesDestinationOrSecurity_rejects(String text) {
    assertThat(
            Rejections.of(
                ResourceKind.ROUTES, Protos.routes("r", Text.merge(text, Route.newBuilder()))))
        .endsWith(
            "is not supported, and leaving it out would change where requests go or who may send"
                + " them");
  }

  @ParameterizedTest
  @CsvSource({
    "name: '' ,name: is empty",
    "name: 'r' virtual_hosts { name: 'a' },virtual_hosts[0].domains: is empty",
    "name: 'r' virtual_hosts { domains: 'a*b' },"
        + "'virtual_hosts[0].domains[0]: may hold one ''*'', at the beginning or at the end'",
    "name: 'r' virtual_hosts { domains: 'a' domains: 'A' },"
        + "virtual_hosts[0].domains[1]: 'a' occurs twice"
  })
  void badConfiguration_isRejectedWithItsPath(String text, String expected) {
    assertThat(
            Rejections.of(
                ResourceKind.ROUTES, Text.merge(text, RouteConfiguration.newBuilder()).build()))
        .isEqualTo(expected);
  }

  @Test
  void filterThatCannotRun_rejectsUnlessOptional() throws Rejection {
    Route.Builder route =
        Route.newBuilder()
            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
            .setRoute(RouteAction.newBuilder().setCluster("c"))
            .putTypedPerFilterConfig("other", Any.pack(HTTPFault.getDefaultInstance()));
    assertThat(Rejections.of(ResourceKind.ROUTES, Protos.routes("r", route)))
        .isEqualTo(
            "virtual_hosts[0].routes[0].typed_per_filter_config[\"other\"]:"
                + " 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault' is no"
                + " filter this version can run, and it is not optional");

    route.putTypedPerFilterConfig(
        "other",
        Any.pack(
            FilterConfig.newBuilder()
                .setIsOptional(true)
                .setConfig(Any.pack(HTTPFault.getDefaultInstance()))
                .build()));
    Decoded<RouteConfig> decoded =
        ResourceKind.ROUTES.decode(Protos.routes("r", route), KnownFilters.NONE);
    assertThat(decoded.value().virtualHosts().get(0).routes().get(0).filters()).isEmpty();
    assertThat(decoded.remarks()).hasSize(1);
  }
}
