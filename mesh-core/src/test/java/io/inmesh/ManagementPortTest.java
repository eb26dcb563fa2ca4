package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.xds.ScriptedControlServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Probes, which hold no certificate. */
@Timeout(60)
class ManagementPortTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Mesh mesh(String controlServer) {
    port = freePort(); // the last thing before it is bound: a server of the test may not get it
    return start(controlServer);
  }

  private Mesh start(String controlServer) {
    return MeshConfig.builder()
        .controlServer(controlServer)
        .service("web")
        .insecure(true)
        .managementAddress("127.0.0.1:" + port)
        .start();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void processWithoutControlServer_isAliveButNotReady() throws Exception {
    try (Mesh mesh = mesh("127.0.0.1:1")) {
      assertThat(mesh.whenReady(Duration.ofMillis(1)).toCompletableFuture())
          .failsWithin(Duration.ofSeconds(10));
      assertThat(get("/livez").statusCode()).isEqualTo(200);
      HttpResponse<String> ready = get("/readyz");
      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(ready.body()).contains("127.0.0.1:1");
      assertThat(get("/metrics").statusCode()).isEqualTo(404);
    }
    assertThatThrownBy(() -> get("/livez")).isInstanceOf(IOException.class);
  }

  @Test
  void processInTheMesh_isReady() throws Exception {
    try (ScriptedControlServer server = new ScriptedControlServer();
        Mesh mesh = mesh(server.target())) {
      mesh.whenReady(Duration.ofSeconds(30)).toCompletableFuture().get();
      assertThat(get("/readyz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void portInUse_stopsTheStart() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
      assertThatThrownBy(() -> start("127.0.0.1:1"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("management-address: cannot listen at 127.0.0.1:" + port);
    }
  }
}
