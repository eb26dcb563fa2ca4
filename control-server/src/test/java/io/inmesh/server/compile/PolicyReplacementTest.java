package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * RT-21: the policy of a rule replaces that of its route, which replaces that of the Service. None
 * merges, whatever they say.
 */
class PolicyReplacementTest {
  private static final String ORDERS = "orders.shop.svc.cluster.local:80";

  /** What the policies for others say that is told apart from every {@link Field}. */
  private static final String OTHER = "timeout: 7s";

  /** Every field of a policy that reaches callers with a route. */
  private enum Field {
    TIMEOUT("timeout: 5s"),
    PER_TRY_TIMEOUT("perTryTimeout: 1s"),
    IDLE_TIMEOUT("idleTimeout: 3s"),
    RETRY("retry: {attempts: 4, on: [5xx], codes: [409], backoff: {base: 1s}, perTryIdle: 2s}"),
    RETRY_CONDITIONS("retry: {conditions: [mine]}"),
    RETRY_AFTER("retry: {retryAfter: {max: 7s}}"),
    NON_IDEMPOTENT("{allowNonIdempotent: true, retry: {on: [5xx]}}"),
    HEDGE("hedge: {delay: 20ms}"),
    FAULT("fault: {abort: {httpStatus: 503}}"),
    MIRRORS("mirrors: [{backendRef: {name: next, port: 80}, percent: 5}]"),
    SUCCESS("success: [{from: 404, failure: true}]"),
    THROTTLE("concurrency: {throttle: true}"),
    HASH_KEY("hashKey: mine"),
    RATE_LIMIT("rateLimit: {requests: 5}"),
    MAX_IN_FLIGHT("concurrency: {maxInFlight: 5}"),
    ADAPTIVE("concurrency: {adaptive: true}"),
    FILTERS("filters: [{type: mine, optional: true}]");

    /** What of a Service is the business of its servers. */
    private static final Set<Field> OF_SERVERS =
        EnumSet.of(RATE_LIMIT, MAX_IN_FLIGHT, ADAPTIVE, FILTERS);

    private final String spec;

    Field(String spec) {
      this.spec = spec;
    }
  }

  private static String policy(String name, String target, String spec) {
    String fields = spec.startsWith("{") ? spec.substring(1, spec.length() - 1) : spec;
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %s, namespace: shop}
    spec: {targetRefs: [{%s}], %s}
    ---
    """
        .formatted(name, target, fields);
  }

  private static String service(String spec) {
    return policy("service", "kind: Service, name: orders", spec);
  }

  private static String route(String spec) {
    return policy("route", "kind: HTTPRoute, name: r", spec);
  }

  private static String rule(String spec) {
    return policy("rule", "kind: HTTPRoute, name: r, sectionName: named", spec);
  }

  /** The rule that has a name, then the one that has none, then what no route takes. */
  private static List<Route> routes(String policies) {
    ConfigUpdate update =
        ConfigLoader.parse(
            "mesh.yaml",
            policies
                + """
                apiVersion: v1
                kind: Service
                metadata: {name: orders, namespace: shop}
                spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: next, namespace: shop}
                spec: {selector: {app: next}, ports: [{name: http, port: 80}]}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: r, namespace: shop}
                spec:
                  parentRefs: [{group: "", kind: Service, name: orders}]
                  rules:
                  - name: named
                    matches: [{path: {value: /named}}]
                    backendRefs: [{name: orders, port: 80}]
                  - matches: [{path: {value: /other}}]
                    backendRefs: [{name: orders, port: 80}]
                """);
    assertThat(update.findings()).noneMatch(Finding::isError);
    Compiled compiled = Compiled.compile(update.set(), RegistrySnapshot.EMPTY);
    return compiled.seenBy(CapabilityClass.INMESH, "web").routes(ORDERS);
  }

  @ParameterizedTest
  @EnumSource
  void ofAService_holdsForItsRoutes(Field field) {
    assertThat(routes(service(field.spec)).equals(routes("")))
        .isEqualTo(Field.OF_SERVERS.contains(field));
  }

  @ParameterizedTest
  @EnumSource
  void ofARoute_replacesThatOfItsService(Field field) {
    List<Route> alone = routes(route(field.spec));
    assertThat(alone).isNotEqualTo(routes(""));
    assertThat(routes(route(field.spec) + service(OTHER))).isEqualTo(alone);
    assertThat(routes(route(OTHER) + service(field.spec))).isEqualTo(routes(route(OTHER)));
  }

  @ParameterizedTest
  @EnumSource
  void ofARule_replacesThatOfItsRouteAndService(Field field) {
    List<Route> alone = routes(rule(field.spec));
    List<Route> all = routes(rule(field.spec) + route(OTHER) + service("idleTimeout: 9s"));
    assertThat(all.get(0)).isEqualTo(alone.get(0));
    assertThat(all.get(1)).as("the other rule").isEqualTo(routes(route(OTHER)).get(1));
    assertThat(routes(rule(OTHER) + route(field.spec)).get(0))
        .isEqualTo(routes(rule(OTHER)).get(0));
  }
}
