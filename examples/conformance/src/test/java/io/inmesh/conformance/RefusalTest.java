package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Bytes;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Stranger;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.SpiffeId;
import io.inmesh.testing.TestAuthority;
import io.inmesh.testing.TestIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;

/**
 * Every way in which servers refuse: what the caller gets, what is counted and logged, and that
 * nothing of what a request carries is in a log.
 */
class RefusalTest {
  private static final String SECRET = "hunter2";
  private static final String TOKENS = "inmesh.server.tokens";
  private static final String AUTHORIZATION = "inmesh.server.authorization";
  private static final TestIssuer ISSUER = TestIssuer.ec("key", 256);
  private static final TestIssuer FORGER = TestIssuer.ec("key", 256);

  /** With secrets in every place that requests have for them. */
  private static final Request GET =
      post("orders/shop.Orders/Get")
          .header("cookie", "session=" + SECRET)
          .header("x-api-key", SECRET);

  /**
   * A refused request.
   *
   * @param metric which counts it, with these attributes
   * @param flag in Istio's metric
   * @param line in the log; empty: none, or it is not known which of several
   */
  private record Row(
      Request request,
      int status,
      String metric,
      Map<String, String> attributes,
      String flag,
      String line) {}

  private static String defaults() {
    return defaults("20s");
  }

  /** How long others may take to decide. */
  private static String defaults(String timeout) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: quick}
    spec:
      configDebounce: {quiet: 5ms, cap: 50ms}
      endpointDebounce: {quiet: 2ms, cap: 20ms}
      extensionProviders:
      - name: grpc
        envoyExtAuthzGrpc: {service: arbiter.default.svc.cluster.local, port: 9191, timeout: %1$s}
      - name: http
        envoyExtAuthzHttp:
          service: arbiter.default.svc.cluster.local
          port: 8000
          timeout: %1$s
          includeRequestHeadersInCheck: [x-token, x-api-key, cookie]
    """
        .formatted(timeout);
  }

  private static String authorization(String name, String spec) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: %s}
    spec: {selector: {matchLabels: {app: orders}}, rules: [{}], %s}
    """
        .formatted(name, spec);
  }

  private static String authentication() {
    return """
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: tokens}
    spec:
      selector: {matchLabels: {app: orders}}
      jwtRules: [{issuer: https://issuer, audiences: [orders], presence: REQUIRED, jwks: '%s'}]
    """
        .formatted(TestIssuer.jwks(ISSUER));
  }

  private static String claims(int seconds, String audience) {
    return "{\"iss\":\"https://issuer\",\"aud\":\""
        + audience
        + "\",\"exp\":"
        + (System.currentTimeMillis() / 1000 + seconds)
        + "}";
  }

  private static Row token(int status, String token, String result, String line) {
    Request request = token.isEmpty() ? GET : GET.header("authorization", "Bearer " + token);
    return new Row(request, status, TOKENS, Map.of("result", result), "UAEX", line);
  }

  private static final List<Row> BY_TOKEN =
      List.of(
          token(
              401, "", "missing", "refused: Jwt is missing"), // of more in one second none is told
          token(401, SECRET, "form", ""),
          token(401, ISSUER.sign("ES256", claims(-120, "orders")), "expired", ""),
          token(401, FORGER.sign("ES256", claims(600, "orders")), "signature", ""),
          token(401, ISSUER.sign("ES256", claims(600, "orders").replace("//", "/")), "issuer", ""),
          token(403, ISSUER.sign("ES256", claims(600, "stock")), "audience", ""));

  private static Row decided(String token, int status, String result, String policy, String line) {
    return new Row(
        GET.header("x-token", token),
        status,
        AUTHORIZATION,
        Map.of("result", result, "policy", policy),
        "UAEX",
        line);
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2_MTLS, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void requests_areRefused_countedAndLogged_withoutWhatTheyCarry(World world) throws Exception {
    Metrics metrics = new Metrics();
    world.expectWarning("without a decision");
    world.config(defaults(), versions("orders"));
    Instance orders = world.serve("orders", ok(), config -> config.openTelemetry(metrics));
    Caller web = world.client("web");
    try (Arbiters arbiters = new Arbiters(world);
        Logs logs = new Logs()) {
      world.config(defaults(), versions("orders"), authorization("deny", "action: DENY"));
      String deny = "ns[default]-policy[deny]-rule[0]";
      check(decided("", 403, "denied", deny, "refused: " + deny), web, metrics, logs);

      world.config(defaults(), versions("orders"), authentication());
      for (Row row : BY_TOKEN) {
        check(row, web, metrics, logs);
      }
      for (String provider : List.of("grpc", "http")) {
        String custom =
            authorization(provider, "action: CUSTOM, provider: {name: " + provider + "}");
        world.config(defaults(), versions("orders"), custom);
        String policy = "ns[default]-policy[" + provider + "]-rule[0]";
        check(decided("", 401, "denied", policy, "refused: " + policy), web, metrics, logs);
        String line = "refused without a decision: " + policy;
        check(decided("broken", 403, "failed_denied", policy, line), web, metrics, logs);
        world.config(defaults("300ms"), versions("orders"), custom);
        check(decided("slow", 403, "failed_denied", policy, ""), web, metrics, logs);
      }
      world.config(
          defaults(), versions("orders"), policy("orders", "rateLimit: {requests: 1, per: 1h}"));
      assertThat(web.call(GET)).isOk();
      check(new Row(GET, 429, "", Map.of(), "RL", ""), web, metrics, logs);

      assertThat(orders.requests()).hasSize(1);
      assertThat(arbiters.asked).isNotEmpty();
      assertThat(logs.lines()).noneMatch(RefusalTest::tells);
    }
  }

  private static void check(Row row, Caller web, Metrics metrics, Logs logs) throws Exception {
    long before = metrics.count(row.metric(), row.attributes());
    Answer answer = web.call(row.request());
    assertThat(answer).as("%s", row).isLocal(row.status());
    Map<String, String> istio = new HashMap<>(Map.of("response_flags", row.flag()));
    istio.put("reporter", "destination");
    istio.put("response_code", answer.grpc() == null ? "" + row.status() : "200");
    if (answer.grpc() != null) {
      istio.put("grpc_response_status", "" + answer.grpc().value());
    }
    assertThat(metrics.count("istio_requests_total", istio)).as("%s", row).isPositive();
    if (!row.metric().isEmpty()) {
      assertThat(metrics.count(row.metric(), row.attributes())).as("%s", row).isEqualTo(before + 1);
    }
    assertThat(logs.lines()).as("%s", row).anyMatch(line -> line.contains(row.line()));
  }

  /** Whether a line tells what a request carries. */
  private static boolean tells(String line) {
    return line.contains(SECRET)
        || line.contains(Bytes.PAYLOAD)
        || line.contains("PRIVATE KEY")
        || BY_TOKEN.stream()
            .map(row -> row.request().headers().getOrDefault("authorization", ""))
            .filter(value -> value.length() > 50)
            .anyMatch(value -> line.contains(value.substring(value.lastIndexOf('.'))));
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void connections_areRefused_countedAndLogged(World world) throws Exception {
    Metrics metrics = new Metrics();
    world.expectWarning("connection of .* was refused");
    world.expectWarning("Stream closed before write could take place"); // a banned one's is cut
    Instance orders = world.serve("orders", ok(), config -> config.openTelemetry(metrics));
    Caller web = world.client("web");
    try (Logs logs = new Logs()) {
      assertThat(web.call(GET)).isOk();
      // Each port has a line of its own, the next one only ten seconds later.
      assertThat(new Stranger(world.transport(), orders.openPort()).isServed()).isFalse();
      world.until("plaintext is counted", () -> metrics.refused("plaintext") > 0);
      untilLogged(world, logs, "accepts mutual TLS only");

      unbelieved(orders.openPort());
      world.until("the handshake is counted", () -> metrics.refused("handshake") == 1);
      untilLogged(world, logs, "'evil.example' is not trusted");

      world.ca().rotation().ban(SpiffeId.of("cluster.local", "default", "web"));
      world.until(
          "the banned one is counted",
          () -> !web.call(GET).ok() && metrics.refused("handshake") > 1);
      untilLogged(world, logs, "sa/web is banned");
      assertThat(logs.lines()).noneMatch(RefusalTest::tells);
    }
  }

  /** A connection is counted first. */
  private static void untilLogged(World world, Logs logs, String text) throws InterruptedException {
    world.until(text, () -> logs.lines().stream().anyMatch(line -> line.contains(text)));
  }

  /** Shows a port the certificate of an authority that nobody knows. */
  private static void unbelieved(int port) throws IOException {
    TestAuthority evil = new TestAuthority("evil.example");
    try (SSLSocket socket =
        (SSLSocket)
            Anybody.with(evil.svid("spiffe://evil.example/ns/default/sa/web"))
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.startHandshake();
      assertThat(socket.getInputStream().read()).isNegative();
    } catch (IOException refused) {
      assertThat(refused).isNotNull();
    }
  }
}
