package io.inmesh.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.ca.RootKey;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** The admin port of a server with identities: who may do what, and what is noted of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminRolesTest {
  private static final String BAN = "/v1/bans?identity=spiffe://cluster.local/ns/shop/sa/evil";
  private static final String INSTANCE = "/v1/instances/shop/orders/h1";

  private Path state;
  private Path rootKeyFile;
  private ControlServer server;
  private HttpClient http;

  @BeforeAll
  void start(@TempDir Path dir) throws Exception {
    state = dir.resolve("state");
    rootKeyFile = dir.resolve("root-key.pem");
    RootKey.setUp(CaOptions.DEFAULTS, state, rootKeyFile, "correct horse");
    server =
        ControlServer.start(ControlServerOptions.loopback().withInsecure(false).withState(state));
    http = AdminHttp.client(server);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private MeshCa ca() {
    return Objects.requireNonNull(server.ca());
  }

  private HttpResponse<String> send(String role, String method, String path, String body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("https://127.0.0.1:" + server.adminAddress().getPort() + path))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json");
    if (!role.equals("-")) {
      request.header("Authorization", "Bearer " + secret(role));
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private String secret(String role) {
    return ca().adminSecrets().secret(AdminRole.valueOf(role));
  }

  @ParameterizedTest
  @CsvSource({
    "GET,    /v1/ca,                     -,        200",
    "GET,    /debug/config,              -,        200",
    "GET,    /v1/tokens,                 -,        401",
    "GET,    /v1/tokens,                 VIEWER,   403",
    "GET,    /v1/tokens,                 OPERATOR, 200",
    "POST,   /v1/tokens,                 VIEWER,   403",
    "DELETE, /v1/tokens/none,            -,        401",
    "PUT,    /v1/bans?identity=x,        VIEWER,   403",
    "DELETE, /v1/bans?identity=x,        VIEWER,   403",
    "PUT,    /v1/instances/a/b/c,        VIEWER,   403",
    "POST,   /v1/heartbeats,             -,        401",
    "POST,   /v1/ca/prepare,             OPERATOR, 403",
    "POST,   /v1/ca/none/activate,       OPERATOR, 403",
    "POST,   /v1/ca/none/revoke,         -,        401",
    "POST,   /v1/ca/renewal,             OPERATOR, 403",
    "PUT,    /v1/ca/renewal,             OPERATOR, 403",
    "POST,   /v1/ca/none/taint,          CA,       409"
  })
  void route_needsItsRole(String method, String path, String role, int status) throws Exception {
    assertThat(send(role, method, path, "").statusCode()).isEqualTo(status);
  }

  /** DNS rebinding: what a browser is made to ask here comes from here, but by another name. */
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 200",
    "127.0.0.1:15014, 200",
    "localhost:15014, 200",
    "'[::1]:15014', 200",
    "evil.example, 421",
    "evil.example:15014, 421",
    "127.0.0.1.evil.example, 421"
  })
  void localReader_isBelievedByAddressOnly(String host, int status) throws Exception {
    try (Socket socket =
        AdminHttp.tls(server)
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), server.adminAddress().getPort())) {
      socket.setSoTimeout(10_000);
      String request =
          "GET /debug/config HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 " + status);
    }
  }

  @Test
  void privilegedActs_areNotedWithWhoDidThem_andWithoutSecrets() throws Exception {
    var json = JsonMapper.builder().build();
    String token =
        json.readTree(
                send(
                        "OPERATOR",
                        "POST",
                        "/v1/tokens",
                        "{\"namespace\":\"shop\",\"serviceAccount\":\"cart\",\"ttlSeconds\":60}")
                    .body())
            .path("token")
            .asString();
    String id = token.substring(0, token.indexOf('.'));
    assertThat(send("OPERATOR", "DELETE", "/v1/tokens/" + id, "").statusCode()).isEqualTo(200);
    assertThat(send("OPERATOR", "PUT", BAN, "").statusCode()).isEqualTo(200);
    assertThat(send("OPERATOR", "DELETE", BAN, "").statusCode()).isEqualTo(200);
    String instance = "{\"ports\":[{\"instancePort\":8080}]}";
    assertThat(send("OPERATOR", "PUT", INSTANCE, instance).statusCode()).isEqualTo(200);
    assertThat(send("OPERATOR", "DELETE", INSTANCE, "").statusCode()).isEqualTo(204);
    assertThat(send("CA", "POST", "/v1/ca/prepare", "").statusCode()).isEqualTo(200);
    RootKey rootKey = RootKey.read(rootKeyFile, Optional.of("correct horse"));
    String certificate = rootKey.certify(ca().rotation().request());
    assertThat(
            send(
                    "CA",
                    "PUT",
                    "/v1/ca/renewal",
                    json.writeValueAsString(java.util.Map.of("certificate", certificate)))
                .statusCode())
        .isEqualTo(200);
    assertThat(send("VIEWER", "POST", "/v1/ca/prepare", "").statusCode()).isEqualTo(403);

    String log = Files.readString(state.resolve("audit.log"));
    for (String act :
        new String[] {
          "\"POST\",\"path\":\"/v1/tokens\",\"role\":\"OPERATOR\"",
          "\"DELETE\",\"path\":\"/v1/tokens/" + id + "\",\"role\":\"OPERATOR\"",
          "\"PUT\",\"path\":\"" + BAN + "\",\"role\":\"OPERATOR\"",
          "\"DELETE\",\"path\":\"" + BAN + "\",\"role\":\"OPERATOR\"",
          "\"PUT\",\"path\":\"" + INSTANCE + "\",\"role\":\"OPERATOR\"",
          "\"DELETE\",\"path\":\"" + INSTANCE + "\",\"role\":\"OPERATOR\"",
          "\"POST\",\"path\":\"/v1/ca/prepare\",\"role\":\"CA\"",
          "\"PUT\",\"path\":\"/v1/ca/renewal\",\"role\":\"CA\"",
          "\"event\":\"token created\",\"token\":\"" + id + "\"",
          "\"event\":\"ca renewed\"",
          "\"event\":\"admin"
              + " refused\",\"method\":\"POST\",\"path\":\"/v1/ca/prepare\",\"role\":\"VIEWER\""
        }) {
      assertThat(log).contains(act);
    }
    assertThat(log).contains("\"from\":\"127.0.0.1\"");
    String tokenSecret = token.split("\\.", -1)[1];
    assertThat(log)
        .doesNotContain(tokenSecret, secret("VIEWER"), secret("OPERATOR"), secret("CA"))
        .doesNotContain("PRIVATE KEY");
  }
}
