package io.inmesh.examples.echo;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.http.MeshHttpServer;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.config.Finding;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Edits that are wrong, made while calls flow: each is said once, and what was good stays. */
class BadInputTest {
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders}
      spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
      """;

  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: orders, creationTimestamp: "2026-01-01T00:00:00Z"}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules:
        - filters:
          - type: ResponseHeaderModifier
            responseHeaderModifier: {set: [{name: route, value: first}]}
          backendRefs: [{name: orders, port: 80}]
      """;

  @TempDir private Path config;
  private ControlServer control;
  private Mesh mesh;
  private HttpServer orders;
  private Caller caller;

  @BeforeEach
  void start() throws Exception {
    write("service.yaml", SERVICE);
    write("route.yaml", ROUTE);
    control = ControlServer.start(ControlServerOptions.loopback(config));
    mesh =
        MeshConfig.builder()
            .controlServer("127.0.0.1:" + control.xdsAddress().getPort())
            .service("orders")
            .insecure(true)
            .start();
    orders =
        MeshHttpServer.create(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    orders.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, -1);
          }
        });
    orders.start();
    mesh.register("http", 80, orders.getAddress().getPort())
        .whenRegistered()
        .toCompletableFuture()
        .orTimeout(20, TimeUnit.SECONDS)
        .join();
    caller = new Caller(mesh);
    await("the route", () -> "first".equals(call().headers().get("route")));
    assertThat(control.findings()).isEmpty();
  }

  @AfterEach
  void stop() {
    caller.close();
    mesh.close();
    orders.stop(0);
    control.close();
  }

  static Stream<Arguments> edits() {
    return Stream.of(
        Arguments.of(
            "route.yaml",
            ROUTE.replace("kind: HTTPRoute", "kind: HTPRoute"),
            "unknown kind 'HTPRoute'; did you mean 'HTTPRoute'?"),
        Arguments.of(
            "route.yaml",
            ROUTE.replace("rules:", "ruels:"),
            "HTTPRoute default/orders spec.ruels: unknown field; did you mean 'rules'?"),
        Arguments.of(
            "route.yaml",
            ROUTE.replace(
                "- filters:",
                "- matches: [{path: {type: RegularExpression, value: \"/(\"}}]\n    filters:"),
            "spec.rules[0].matches[0].path.value: not a valid RE2 expression"),
        Arguments.of(
            "route.yaml",
            ROUTE.replace("port: 80}]", "port: 80, weight: 0}]"),
            "spec.rules[0].backendRefs: the weights sum to 0"),
        Arguments.of("route.yaml", ROUTE.replace("rules:", "rules: ["), "not valid YAML"),
        Arguments.of(
            "other.yaml",
            ROUTE
                .replace(
                    "{name: orders, creationTimestamp: \"2026-01-01",
                    "{name: late, creationTimestamp: \"2026-06-01")
                .replace("value: first", "value: second"),
            "all its requests are taken by HTTPRoute default/orders#0 before"),
        Arguments.of(
            "huge.yaml",
            Named.of("5 MB", "# " + "x".repeat(5 << 20) + "\n" + SERVICE),
            "at most 4194304 are read"));
  }

  private List<String> findings(String message) {
    return control.findings().stream()
        .map(Finding::toString)
        .filter(finding -> finding.contains(message))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("edits")
  void wrongEdit_isSaidWithItsPlace_andTheLastGoodStateServes(
      String file, String text, String message) throws Exception {
    write(file, text);

    await("the finding", () -> !findings(message).isEmpty());
    assertThat(findings(message))
        .singleElement()
        .satisfies(finding -> assertThat(finding).startsWith(file + ":"));
    Answer answer = call();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers()).containsEntry("route", "first");
  }

  @Test
  void missingBackend_answersItsShareWith500_theRestFlows() throws Exception {
    write(
        "route.yaml",
        ROUTE.replace(
            "[{name: orders, port: 80}]", "[{name: orders, port: 80}, {name: gone, port: 80}]"));

    await("the finding", () -> !findings("there is no Service default/gone").isEmpty());
    assertThat(findings("there is no Service default/gone").toString())
        .contains("is answered with 500");
    await("both answers", () -> statuses(20).keySet().equals(java.util.Set.of(200, 500)));
    SortedMap<Integer, Long> statuses = statuses(400);
    assertThat(statuses.get(500)).isBetween(120L, 280L);
  }

  private SortedMap<Integer, Long> statuses(int calls) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      all.add(call().status());
    }
    return all.stream().collect(Collectors.groupingBy(s -> s, TreeMap::new, Collectors.counting()));
  }

  private Answer call() {
    try {
      return caller.call(
          Target.of("http://orders/"),
          new Caller.Request("GET", List.of(), new byte[0], java.time.Duration.ofSeconds(20)));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** At once, as a file that is emptied first may be seen empty, which is no error. */
  private void write(String file, String text) throws Exception {
    Path hidden = Files.writeString(config.resolve("." + file), text);
    Files.move(hidden, config.resolve(file), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      Thread.sleep(5);
    }
  }
}
