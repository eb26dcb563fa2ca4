package io.inmesh.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The admin port of one running server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminPortTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String INSTANCE =
      "{\"ports\":[{\"name\":\"http\",\"instancePort\":8080}],\"version\":\"v1\",\"ttl\":\"30s\"}";

  private final HttpClient http = HttpClient.newHttpClient();
  private ControlServer server;

  @BeforeAll
  void start(@TempDir Path config) throws Exception {
    Files.writeString(
        config.resolve("orders.yaml"),
        """
        apiVersion: v1
        kind: Service
        metadata: {name: orders, namespace: shop}
        spec:
          selector: {app: orders}
          ports: [{name: http, port: 80, targetPort: 8080}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: orders, namespace: shop}
        spec:
          parentRefs: [{kind: Service, group: "", name: orders}]
          rules: [{backendRefs: [{name: nowhere, port: 80}]}]
        """);
    server = ControlServer.start(ControlServerOptions.loopback(config));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void healthAndReadiness_answer() throws Exception {
    assertThat(get("/healthz").body()).isEqualTo("ok\n");
    assertThat(get("/readyz").body()).isEqualTo("ready\n");
    assertThat(get("/").body()).contains("/debug/clients", "/metrics", "/v1/instances");
  }

  @Test
  void metrics_areValidPrometheusText() throws Exception {
    HttpResponse<String> response = get("/metrics");

    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(response.body())
        .contains("# TYPE inmesh_registry_instances gauge")
        .contains("inmesh_registry_instances{health=\"HEALTHY\"}")
        .contains("inmesh_config_findings{level=\"error\"}")
        .contains("# TYPE jvm_memory_used_bytes gauge");
    assertThat(response.body().lines())
        .allMatch(
            line ->
                line.startsWith("# ")
                    || line.matches("[a-z_:][a-zA-Z0-9_:]*(\\{[^}]*})? [-+0-9.eEInf]+"));
  }

  @Test
  void findings_nameTheFileAndLine() throws Exception {
    JsonNode findings = json("/v1/findings").path("findings");

    assertThat(findings.toString()).contains("nowhere").contains("orders.yaml");
    assertThat(findings.path(0).path("code").asString()).startsWith("IM");
    assertThat(json("/debug/findings")).isEqualTo(json("/v1/findings"));
  }

  @Test
  void resources_areListedAndShown() throws Exception {
    JsonNode all = json("/debug/resources");
    assertThat(all.path("cds").toString()).contains("outbound|80||orders.shop.svc.cluster.local");
    assertThat(all.path("cds").path(0).has("resource")).isFalse();

    String name = "orders.shop.svc.cluster.local:80";
    for (String as : new String[] {"inmesh", "grpc"}) {
      JsonNode one = json("/debug/resources?type=lds&class=" + as + "&name=" + name);
      assertThat(one.path("lds").path(0).path("name").asString()).isEqualTo(name);
      assertThat(one.path("lds").path(0).path("version").asString()).isNotEmpty();
      assertThat(one.path("lds").path(0).path("resource").path("@type").asString())
          .endsWith("envoy.config.listener.v3.Listener");
      assertThat(one.toString()).doesNotContain("\"text\"");
    }
  }

  @Test
  void configAndServices_showWhatIsInForce() throws Exception {
    JsonNode config = json("/debug/config");
    assertThat(config.path("generation").asString()).hasSize(32);
    assertThat(config.path("objects").toString()).contains("orders.yaml:1:1");
    assertThat(json("/v1/services").path("services").toString())
        .contains("\"host\":\"orders.shop.svc.cluster.local\"");
  }

  @Test
  void clients_showHowFarEachIs() throws Exception {
    String cluster = "outbound|80||orders.shop.svc.cluster.local";
    try (TestClient client = new TestClient(server.xdsAddress())) {
      TestClient.Subscription cds = client.subscribe(io.inmesh.server.ads.TypeUrl.CLUSTER, cluster);
      assertThat(
              cds.until(io.envoyproxy.envoy.config.cluster.v3.Cluster.class, c -> true).getName())
          .isEqualTo(cluster);
      Eventually.await(
          "the acknowledgement",
          () -> {
            try {
              return json("/debug/clients?id=web.default/1")
                  .path("clients")
                  .path(0)
                  .path("types")
                  .path("cds")
                  .path("state")
                  .asString("")
                  .equals("SYNCED");
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
      assertThat(json("/debug/subscriptions?id=web.default/1").toString()).contains(cluster);
      assertThat(json("/debug/resources?client=web.default/1").path("views").toString())
          .contains("grpc");
    }
  }

  @Test
  void instance_overHttp_livesByHeartbeats() throws Exception {
    String path = "/v1/instances/shop/orders/h1";
    HttpResponse<String> put = send("PUT", path, INSTANCE);
    assertThat(put.statusCode()).isEqualTo(200);
    JsonNode registered = JSON.readTree(put.body());
    assertThat(registered.path("ttlMillis").asLong()).isEqualTo(30_000);
    assertThat(registered.path("instance").path("address").asString()).isEqualTo("127.0.0.1");
    assertThat(registered.path("instance").path("labels").path("app").asString())
        .isEqualTo("orders");

    assertThat(send("POST", path + "/heartbeat", "").statusCode()).isEqualTo(204);
    assertThat(send("POST", path + "/heartbeat", "{\"health\":\"UNHEALTHY\"}").statusCode())
        .isEqualTo(204);
    assertThat(json(path).path("health").asString()).isEqualTo("UNHEALTHY");
    HttpResponse<String> batch =
        send(
            "POST",
            "/v1/heartbeats",
            "{\"instances\":[{\"namespace\":\"shop\",\"service\":\"orders\",\"id\":\"h1\","
                + "\"health\":\"HEALTHY\"},{\"service\":\"orders\",\"id\":\"h1\"}]}");
    assertThat(JSON.readTree(batch.body()).path("renewed").asInt()).isEqualTo(1);
    assertThat(JSON.readTree(batch.body()).path("unknown").path(0).path("namespace").asString())
        .isEqualTo("default");
    assertThat(json("/v1/instances?namespace=shop&service=orders").path("instances")).hasSize(1);
    assertThat(json("/debug/registry").toString()).contains("\"kind\":\"HEARTBEAT\"");

    assertThat(send("DELETE", path, "").statusCode()).isEqualTo(204);
    assertThat(send("DELETE", path, "").statusCode()).isEqualTo(404);
    assertThat(send("POST", path + "/heartbeat", "").statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                          | ports | at least one is required",
        "{\"prots\":[]}                              | prots | unknown field; known are address,",
        "{\"ports\":{}}                              | ports | must be a list",
        "{\"ports\":[7]}                             | ports[0] | must be an object",
        "{\"ports\":[{\"instancePort\":70000}]}      | ports[0].instancePort | must be between",
        "{\"ports\":[{\"instancePort\":\"80\"}]}     | ports[0].instancePort | must be an integer",
        "{\"ports\":[{\"instancePort\":1.5}]}        | ports[0].instancePort | must be an integer",
        "{\"ports\":[{\"port\":1}]}                  | ports[0].port | unknown field",
        "{\"labels\":{\"a\":1}}                      | labels[a] | must be a string",
        "{\"locality\":{\"zone\":1}}                 | locality.zone | must be a string",
        "{\"ttl\":\"soon\"}                          | ttl | must be a duration such as",
        "{\"ttl\":\"1ms\"}                           | ttl | must be a duration such as",
        "{\"ports\":[{\"instancePort\":1}],\"ttl\":\"2h\"} | ttl | must be between 1 s and 600 s",
        "{\"ports\":[{\"instancePort\":1}],\"ttl\":\"9223372036854775807s\"} | ttl | must be"
            + " between",
        "{\"ports\":[{\"instancePort\":1}],\"ttl\":\"-9223372036854775807s\"} | ttl | must be"
            + " between",
      })
  void put_badField_namesItsPath(String body, String field, String message) throws Exception {
    HttpResponse<String> response = send("PUT", "/v1/instances/shop/orders/bad", body.strip());

    assertThat(response.statusCode()).isEqualTo(400);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("field").asString()).isEqualTo(field.strip());
    assertThat(error.path("message").asString()).startsWith(message.strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "[]", "nonsense", "{\"ports\":}"})
  void put_notAJsonObject_isRefused(String body) throws Exception {
    HttpResponse<String> response = send("PUT", "/v1/instances/shop/orders/bad", body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("JSON").doesNotContain("Exception", "REDACTED");
  }

  @Test
  void put_tooLarge_isRefused() throws Exception {
    assertThat(send("PUT", "/v1/instances/shop/orders/bad", " ".repeat((1 << 20) + 1)).statusCode())
        .isEqualTo(413);
  }

  @Test
  void put_formFromABrowser_isRefused() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri("/v1/heartbeats"))
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString("{}"))
            .build();
    assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(415);
  }

  @Test
  void request_forAForeignHost_isRefused() throws Exception {
    assertThat(raw("GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 421");
    assertThat(raw("GET /healthz HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(raw("GET /healthz HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void unknownPageOrMethod_isAnsweredClearly() throws Exception {
    assertThat(get("/nothing").statusCode()).isEqualTo(404);
    HttpResponse<String> response = send("DELETE", "/healthz", "");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).hasValue("GET");
    assertThat(get("/debug/resources?type=xds").statusCode()).isEqualTo(400);
    assertThat(get("/debug/resources?client=nobody").statusCode()).isEqualTo(404);
    assertThat(send("HEAD", "/healthz", "").statusCode()).isEqualTo(200);
  }

  private URI uri(String path) {
    return URI.create(
        "http://127.0.0.1:" + server.adminAddress().getPort() + path.replace("|", "%7C"));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws Exception {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private String raw(String request) throws Exception {
    try (Socket socket =
        new Socket(server.adminAddress().getAddress(), server.adminAddress().getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
