package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.server.compile.Validation;
import io.inmesh.server.config.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is wrong with policies is one finding, and calls go on as the documentation says: an object
 * with an error is not in force, what can have no effect has none.
 */
class MistakesTest {
  private static final String GET = "orders/shop.Orders/Get";

  /**
   * A mistake.
   *
   * @param finding {@code line code} of the one finding that there is about it
   * @param works whether calls are answered as if it was not there; else with 503
   */
  private record Mistake(String name, String yaml, String finding, boolean works) {}

  private static String policy(String name, String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %s}
    spec:
      targetRefs: [{kind: Service, name: orders}]
      %s
    """
        .formatted(name, spec);
  }

  private static String destination(String name, String policy) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: %s}
    spec:
      host: orders
      trafficPolicy: {%s}
    """
        .formatted(name, policy);
  }

  private static String virtual(String name, String rule) {
    return """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: %s}
    spec:
      hosts: [orders]
      http:
      - route: [{destination: {host: orders}}]
        %s
    """
        .formatted(name, rule);
  }

  private static String route(String name, String rule) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: %s}
    spec:
      parentRefs: [{group: "", kind: Service, name: orders}]
      rules:
      - backendRefs: [{name: orders, port: 80}]
        %s
    """
        .formatted(name, rule);
  }

  private static String retries(String name) {
    return """
    apiVersion: gateway.networking.x-k8s.io/v1alpha1
    kind: XBackendTrafficPolicy
    metadata: {name: %s}
    spec:
      targetRefs: [{group: "", kind: Service, name: orders}]
    """
        .formatted(name);
  }

  private static final String TWIN =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: twin}
      spec: {selector: {app: orders}, ports: [{port: 80}]}
      """;

  private static final List<Mistake> MISTAKES =
      List.of(
          new Mistake(
              "two policies for one service: the first by name wins",
              policy("a1", "fault: {abort: {httpStatus: 503}}")
                  + "---\n"
                  + policy("a2", "timeout: 1s"),
              "17 IM2031",
              false),
          new Mistake(
              "two limits for one port of one server: the first by name wins",
              policy("aa", "concurrency: {maxInFlight: 100}")
                  + "---\n"
                  + TWIN
                  + "---\n"
                  + policy("ab", "concurrency: {maxInFlight: 200}")
                      .replace("name: orders}]", "name: twin}]"),
              "18 IM2031",
              true),
          new Mistake(
              "two DestinationRules for one host: the first by name says the policy",
              destination("ac", "connectionPool: {tcp: {maxConnections: 5}}")
                  + "---\n"
                  + destination("ad", "loadBalancer: {simple: RANDOM}"),
              "13 IM2042",
              true),
          new Mistake(
              "two VirtualServices for one host: the first by name wins",
              virtual("ae", "timeout: 5s") + "---\n" + virtual("af", "timeout: 5s"),
              "15 IM2070",
              true),
          new Mistake(
              "a VirtualService beside a route of Gateway API, which wins",
              route("ag", "timeouts: {request: 5s}") + "---\n" + virtual("ah", "timeout: 5s"),
              "15 IM2072",
              true),
          new Mistake(
              "a request with less time than its backend",
              route("ai", "timeouts: {request: 1s, backendRequest: 2s}"),
              "13 IM1304",
              true),
          new Mistake(
              "an attempt longer than the request",
              policy("b", "timeout: 1s\n  perTryTimeout: 2s"),
              "12 IM1304",
              true),
          new Mistake(
              "an attempt longer than the request, as Istio allows it",
              virtual("c", "timeout: 1s\n    retries: {attempts: 1, perTryTimeout: 2s}"),
              "14 IM1304",
              true),
          new Mistake(
              "a ring that is too large",
              destination(
                  "d",
                  "loadBalancer: {consistentHash: {httpHeaderName: x,"
                      + " ringHash: {minimumRingSize: 99999999}}}"),
              "11 IM1206",
              true),
          new Mistake(
              "a table whose size is no prime",
              destination(
                  "e",
                  "loadBalancer: {consistentHash: {httpHeaderName: x, maglev: {tableSize: 100}}}"),
              "11 IM1206",
              true),
          new Mistake(
              "more than 100 percent",
              policy("f", "fault: {abort: {httpStatus: 503, percent: 101}}"),
              "11 IM1206",
              true),
          new Mistake(
              "more than 100 percent, in Istio's words",
              virtual("g", "fault: {abort: {httpStatus: 503, percentage: {value: 100.5}}}"),
              "13 IM1206",
              true),
          new Mistake(
              "copies of more than 100 percent",
              policy("ga", "mirrors: [{backendRef: {name: orders, port: 80}, percent: 101}]"),
              "11 IM1206",
              true),
          new Mistake(
              "copies of more than 100 percent, in Gateway API's words",
              route(
                  "gb",
                  "filters: [{type: RequestMirror, requestMirror: {percent: 101, backendRef: {name:"
                      + " orders, port: 80}}}]"),
              "13 IM1206",
              true),
          new Mistake(
              "copies of more than 100 percent, in Istio's words",
              virtual("gc", "mirror: {host: orders}\n    mirrorPercentage: {value: 101}"),
              "14 IM1206",
              true),
          new Mistake(
              "more than 100 percent of endpoints",
              destination("gd", "outlierDetection: {maxEjectionPercent: 101}"),
              "11 IM1206",
              true),
          new Mistake(
              "a budget of more than 100 percent",
              destination("ge", "retryBudget: {percent: 101}"),
              "11 IM1206",
              true),
          new Mistake(
              "bounded loads where nothing is hashed",
              policy("gf", "loadBalancer: {hashBalancePercent: 150}"),
              "11 IM2044",
              true),
          new Mistake(
              "a hash key where nothing is hashed",
              policy("gg", "hashKey: tenant"),
              "6 IM2044",
              true),
          new Mistake(
              "a balancer that does not hash before one that does",
              policy("gh", "loadBalancer: {peakEwma: {}}")
                  + "---\n"
                  + destination("gi", "loadBalancer: {consistentHash: {httpHeaderName: x}}"),
              "11 IM2044",
              true),
          new Mistake(
              "a warm-up of a balancer that has none",
              destination("gj", "loadBalancer: {simple: RANDOM, warmup: {duration: 9s}}"),
              "11 IM1309",
              true),
          new Mistake(
              "the ring's size of a Maglev table",
              destination(
                  "gk",
                  "loadBalancer: {consistentHash: {httpHeaderName: x, minimumRingSize: 9, maglev:"
                      + " {}}}"),
              "11 IM1305",
              true),
          new Mistake(
              "failover without outlier detection",
              destination(
                  "h", "loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}"),
              "11 IM1313",
              true),
          new Mistake(
              "an unknown retry condition",
              policy("i", "retry: {on: [sometimes]}"),
              "11 IM1306",
              true),
          new Mistake(
              "an unknown retry condition among Istio's",
              virtual("j", "retries: {attempts: 2, retryOn: \"5xx,sometimes\"}"),
              "13 IM1306",
              true),
          new Mistake(
              "a mirror that does not exist",
              policy("k", "mirrors: [{backendRef: {name: nowhere, port: 80}}]"),
              "11 IM2010",
              true),
          new Mistake(
              "a mirror that does not exist, in Istio's words",
              virtual("l", "mirror: {host: nowhere}"),
              "13 IM2010",
              true),
          new Mistake(
              "a mirror that does not exist, in Gateway API's words",
              route(
                  "la",
                  "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: nowhere,"
                      + " port: 80}}}]"),
              "13 IM2010",
              true),
          new Mistake(
              "a mirror's port that does not exist",
              policy("lf", "mirrors: [{backendRef: {name: orders, port: 99}}]"),
              "11 IM2011",
              true),
          new Mistake(
              "a service that takes over and does not exist",
              policy("lg", "failover: [{name: nowhere, port: 80}]"),
              "11 IM2010",
              true),
          new Mistake(
              "two constraints of retries for one service: the first by name wins",
              retries("lh") + "---\n" + retries("li"),
              "16 IM2031",
              true),
          new Mistake(
              "a subset that does not exist",
              virtual("lb", "timeout: 5s").replace("host: orders}}]", "host: orders, subset: x}}]"),
              "12 IM2075",
              false),
          new Mistake(
              "retries of what is switched off",
              policy("lc", "retry: {attempts: 0, on: [5xx]}"),
              "11 IM1309",
              true),
          new Mistake(
              "a fault for a rule that does not exist",
              route("ld", "name: there")
                  + "---\n"
                  + policy("le", "fault: {abort: {httpStatus: 503}}")
                      .replace(
                          "kind: Service, name: orders",
                          "kind: HTTPRoute, name: ld, sectionName: nowhere"),
              "19 IM2030",
              true),
          new Mistake(
              "a fault for a route that does not exist",
              policy("m", "fault: {abort: {httpStatus: 503}}")
                  .replace("kind: Service, name: orders", "kind: HTTPRoute, name: nowhere"),
              "10 IM2030",
              true),
          new Mistake(
              "a hash of a header without a name",
              destination("n", "loadBalancer: {consistentHash: {httpHeaderName: \"\"}}"),
              "11 IM1207",
              true));

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void eachMistake_isOneFinding_andCallsGoOn(World world) throws Exception {
    world.expectWarning("io.inmesh.(extensions|server.(MeshModel|config.DirectorySource))");
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    for (Mistake mistake : MISTAKES) {
      List<Finding> unused = world.tryConfig(versions("orders").stripTrailing(), mistake.yaml());
      List<String> expected = List.of("mesh.yaml:" + mistake.finding());
      try {
        world.until(mistake.name(), () -> findings(world).equals(expected));
      } catch (AssertionError e) {
        assertThat(findings(world)).as(mistake.name()).isEqualTo(expected);
      }
      if (mistake.works()) {
        world.until(mistake.name(), () -> works(web));
      } else {
        world.until(mistake.name(), () -> !works(web));
      }
    }
  }

  /** The same by {@code inmesh validate}, which nobody's calls are needed for. */
  @Test
  void eachMistake_isOneFinding_beforeItIsServed(@TempDir Path directory) throws Exception {
    for (Mistake mistake : MISTAKES) {
      Files.writeString(
          directory.resolve("mesh.yaml"),
          versions("orders").stripTrailing() + "\n---\n" + mistake.yaml());
      assertThat(findings(Validation.of(directory).findings()))
          .as(mistake.name())
          .containsExactly("mesh.yaml:" + mistake.finding());
    }
  }

  /** A header the hash is of may be missing: then any instance may answer. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void hashOfAHeaderThatIsMissing_leadsAnywhere(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "loadBalancer: {consistentHash: {httpHeaderName: x-user}}"));
    world.serve("orders", ok());
    world.serve("orders", ok());
    assertThat(world.client("web").get(GET, 60).byHost()).hasSize(2);
  }

  /** As {@code file:line code}, remarks left out. */
  private static List<String> findings(World world) {
    return findings(world.control().findings());
  }

  private static List<String> findings(List<Finding> findings) {
    return findings.stream()
        .filter(finding -> finding.level() != Finding.Level.INFO)
        .map(finding -> finding.file() + ":" + finding.line() + " " + finding.code().id())
        .toList();
  }

  private static boolean works(Caller web) {
    try {
      return web.get(GET).ok();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
