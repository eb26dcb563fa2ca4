package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.Registration;
import io.inmesh.testing.InmeshTest;
import io.inmesh.testing.LoopbackMesh;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestEndpoint;
import io.inmesh.testing.TestRoute;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

/** An application's test with the test kit; also the example of docs/testing.md. */
@InmeshTest
class LoopbackMeshTest {
  private static HttpResponse<String> get(HttpClient http, String uri) throws Exception {
    return http.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString());
  }

  @Test
  void endpoint_answersTheApplication(LoopbackMesh mesh) throws Exception {
    TestEndpoint orders = mesh.endpoint("orders").answers(200, "42");
    try (MeshHttpClient http = MeshHttpClient.create(mesh)) {
      assertThat(get(http, "http://orders/7?full=1").body()).isEqualTo("42");
    }
    assertThat(orders.requests()).containsExactly("GET /7?full=1");
  }

  @Test
  void failingEndpoint_isRetriedAsTheRouteSays(LoopbackMesh mesh) throws Exception {
    TestEndpoint orders = mesh.endpoint("orders").failNext(2);
    mesh.routes("orders", TestRoute.any().to(Snapshots.clusterName("orders", 80)).retry(2, "5xx"));
    try (MeshHttpClient http = MeshHttpClient.create(mesh)) {
      assertThat(get(http, "http://orders/").statusCode()).isEqualTo(200);
    }
    assertThat(orders.requests()).hasSize(3);
  }

  @Test
  void stoppedEndpoint_isAvoided(LoopbackMesh mesh) throws Exception {
    mesh.endpoint("orders").stop();
    mesh.endpoint("orders").answers(200, "alive");
    try (MeshHttpClient http = MeshHttpClient.create(mesh)) {
      for (int i = 0; i < 5; i++) {
        assertThat(get(http, "http://orders/").body()).isEqualTo("alive");
      }
    }
  }

  @Test
  void unknownService_doesNotExist(LoopbackMesh mesh) {
    try (MeshHttpClient http = MeshHttpClient.create(mesh)) {
      assertThatThrownBy(() -> get(http, "http://nowhere/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              e -> assertThat(e.reason()).isEqualTo(MeshException.Reason.NO_SUCH_SERVICE));
    }
  }

  @Test
  void application_registersAndIsCalled(LoopbackMesh mesh) throws Exception {
    MeshHttpServer web =
        MeshHttpServer.create(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    web.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    web.start();
    Registration registration = mesh.register("http", 80, web.getAddress().getPort());
    try (MeshHttpClient http = MeshHttpClient.create(mesh)) {
      assertThat(get(http, "http://web/").statusCode()).isEqualTo(204);
    }
    registration.close();
    web.stop(0);
  }
}
