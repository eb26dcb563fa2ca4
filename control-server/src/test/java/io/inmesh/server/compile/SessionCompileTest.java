package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.wire.filters.v1.TimedSession;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where sessions are written, and what they become. */
class SessionCompileTest {
  private static final String FILTER = "envoy.filters.http.stateful_session";
  private static final String ORDERS = "orders.shop.svc.cluster.local:80";
  private static final String CLUSTER = "outbound|80||orders.shop.svc.cluster.local";

  private static String service(String labels) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: shop, labels: {%s}}
    spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
    ---
    """
        .formatted(labels);
  }

  private static String route(String rule) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: r, namespace: shop}
    spec:
      parentRefs: [{group: "", kind: Service, name: orders}]
      rules:
      - backendRefs: [{name: orders, port: 80}]
    """
        + rule.indent(4)
        + "---\n";
  }

  private static String policy(String session) {
    return """
    apiVersion: gateway.networking.x-k8s.io/v1alpha1
    kind: XBackendTrafficPolicy
    metadata: {name: p, namespace: shop}
    spec:
      targetRefs: [{group: "", kind: Service, name: orders}]
      sessionPersistence: {%s}
    ---
    """
        .formatted(session);
  }

  private static Compiled compile(String yaml) {
    ConfigUpdate update = ConfigLoader.parse("mesh.yaml", yaml);
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY)
        .seenBy(CapabilityClass.INMESH, "shop");
  }

  /** The session state of the first route, as text on one line. */
  private static String state(Compiled compiled) throws Exception {
    Any filter = compiled.routes(ORDERS).get(0).getTypedPerFilterConfigOrThrow(FILTER);
    Any state =
        filter
            .unpack(FilterConfig.class)
            .getConfig()
            .unpack(StatefulSessionPerRoute.class)
            .getStatefulSession()
            .getSessionState()
            .getTypedConfig();
    String text =
        state.is(TimedSession.class)
            ? "timed " + TextFormat.printer().printToString(state.unpack(TimedSession.class))
            : state.is(HeaderBasedSessionState.class)
                ? "header " + state.unpack(HeaderBasedSessionState.class)
                : "cookie " + state.unpack(CookieBasedSessionState.class).getCookie();
    return text.replaceAll("\\s+", " ").strip();
  }

  static Stream<Arguments> sessions() {
    return Stream.of(
        arguments("sessionName: s", "cookie name: \"s\" path: \"/\""),
        arguments("type: Cookie", "cookie name: \"inmesh-session\" path: \"/\""),
        arguments("{sessionName: x-s, type: Header}", "header name: \"x-s\""),
        arguments(
            "{sessionName: s, absoluteTimeout: 1m, cookieConfig: {lifetimeType: Permanent}}",
            "cookie name: \"s\" ttl { seconds: 60 } path: \"/\""),
        arguments(
            "{sessionName: s, absoluteTimeout: 1m}",
            "timed cookie: \"s\" path: \"/\" absolute_timeout { seconds: 60 }"),
        arguments(
            "{sessionName: s, absoluteTimeout: 1m, idleTimeout: 10s,"
                + " cookieConfig: {lifetimeType: Permanent}}",
            "timed cookie: \"s\" path: \"/\" absolute_timeout { seconds: 60 } idle_timeout {"
                + " seconds: 10 } permanent: true"),
        arguments(
            "{sessionName: x-s, type: Header, idleTimeout: 10s}",
            "timed header: \"x-s\" idle_timeout { seconds: 10 }"));
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void sessionPersistence_becomesStandardWhereItCan(String session, String state) throws Exception {
    String written = session.startsWith("{") ? session : "{" + session + "}";
    assertThat(state(compile(service("") + route("sessionPersistence: " + written))))
        .isEqualTo(state);
  }

  @Test
  void rule_goesBeforePolicy_beforeLabel() throws Exception {
    String labelled = service("istio.io/persistent-session: from-label");
    String policy = policy("sessionName: from-policy");
    assertThat(state(compile(labelled))).contains("from-label");
    assertThat(state(compile(labelled + policy))).contains("from-policy");
    assertThat(
            state(
                compile(labelled + policy + route("sessionPersistence: {sessionName: from-rule}"))))
        .contains("from-rule");
    assertThat(state(compile(service("istio.io/persistent-session-header: x-label"))))
        .isEqualTo("header name: \"x-label\"");
  }

  @Test
  void virtualService_hasTheSessionsOfItsService() throws Exception {
    String virtual =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: v, namespace: shop}
        spec:
          hosts: [orders]
          http:
          - route: [{destination: {host: orders}}]
        ---
        """;
    assertThat(state(compile(service("istio.io/persistent-session: s") + virtual)))
        .contains("\"s\"");
  }

  @Test
  void cluster_keepsSessionsWhileItsEndpointsDrain() {
    assertThat(
            compile(service("istio.io/persistent-session: s"))
                .cluster(CLUSTER)
                .getCommonLbConfig()
                .getOverrideHostStatus()
                .getStatusesList())
        .contains(HealthStatus.HEALTHY, HealthStatus.DRAINING)
        .doesNotContain(HealthStatus.UNHEALTHY);
    assertThat(compile(service("")).cluster(CLUSTER).getCommonLbConfig().hasOverrideHostStatus())
        .isFalse();
  }

  @Test
  void without_nothingIsSent() {
    Compiled compiled = compile(service("") + route(""));
    Route route = compiled.routes(ORDERS).get(0);
    assertThat(route.getTypedPerFilterConfigMap()).isEmpty();
    assertThat(compiled.listener(ORDERS).toString()).doesNotContain(FILTER);
  }
}
