package io.inmesh.http.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import feign.Body;
import feign.Feign;
import feign.Param;
import feign.Request;
import feign.RequestLine;
import feign.Retryer;
import feign.http2client.Http2Client;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.model.Cluster;
import io.inmesh.testing.InmeshTest;
import io.inmesh.testing.LoopbackMesh;
import io.inmesh.testing.TestEndpoint;
import java.net.http.HttpClient.Redirect;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/** Libraries that are given a {@link java.net.http.HttpClient}. */
@InmeshTest
@Timeout(60)
class LibrariesTest {
  /** A declared client. */
  interface Orders {
    @RequestLine("GET /orders/{id}")
    String get(@Param("id") String id);

    @RequestLine("POST /orders")
    @Body("{order}")
    String post(@Param("order") String order);
  }

  private static Orders feign(MeshHttpClient client, int connectSeconds, String url) {
    return Feign.builder()
        .client(new Http2Client(client))
        .options(new Request.Options(connectSeconds, TimeUnit.SECONDS, 60, TimeUnit.SECONDS, true))
        .retryer(Retryer.NEVER_RETRY)
        .target(Orders.class, url);
  }

  /** Feign uses the client it was given only if these two settings are the same on both sides. */
  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "HTTP2"})
  void feign_withEqualSettings_callsThroughTheMesh(Cluster.Protocol protocol, LoopbackMesh mesh)
      throws Exception {
    try (EchoServer server = new EchoServer(mesh, protocol);
        MeshHttpClient client =
            MeshHttpClient.builder(mesh)
                .followRedirects(Redirect.ALWAYS)
                .connectTimeout(Duration.ofSeconds(10))
                .build()) {
      Orders orders = feign(client, 10, "http://orders");
      assertThat(orders.get("7")).isEqualTo("GET /orders/7 ");
      assertThat(orders.post("one")).isEqualTo("POST /orders one");
      assertThat(server.served()).isEqualTo(2);
    }
  }

  /** With others it copies the settings into a client of the JDK's, which must not get through. */
  @Test
  void feign_withOtherSettings_failsInsteadOfBypassingTheMesh(LoopbackMesh mesh) {
    TestEndpoint outside = mesh.endpoint("orders");
    try (MeshHttpClient client = MeshHttpClient.create(mesh)) {
      for (String scheme : new String[] {"http", "https"}) {
        Orders orders = feign(client, 3, scheme + "://127.0.0.1:" + outside.port());
        assertThatThrownBy(() -> orders.get("7")).hasStackTraceContaining("would bypass the mesh");
      }
    }
    assertThat(outside.requests()).isEmpty();
  }

  private static RestClient spring(MeshHttpClient client, Duration readTimeout) {
    JdkClientHttpRequestFactory factory = new JdkClientHttpRequestFactory(client);
    factory.setReadTimeout(readTimeout);
    return RestClient.builder().requestFactory(factory).baseUrl("http://orders").build();
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "HTTP2"})
  void restClient_callsThroughTheMesh(Cluster.Protocol protocol, LoopbackMesh mesh)
      throws Exception {
    try (EchoServer server = new EchoServer(mesh, protocol);
        MeshHttpClient client = MeshHttpClient.create(mesh)) {
      RestClient orders = spring(client, Duration.ofSeconds(20));
      assertThat(orders.get().uri("/orders/{id}", "a b").retrieve().body(String.class))
          .isEqualTo("GET /orders/a%20b ");
      assertThat(orders.post().uri("/orders").body("one").retrieve().body(String.class))
          .isEqualTo("POST /orders one");
      byte[] large = new byte[500_000];
      assertThat(orders.put().uri("/large").body(large).retrieve().body(byte[].class))
          .hasSize(500_000 + "PUT /large ".length());
      assertThat(orders.head().uri("/orders").retrieve().toBodilessEntity().getStatusCode())
          .isEqualTo(HttpStatus.OK);
      assertThat(orders.delete().uri("/orders").retrieve().toBodilessEntity().getStatusCode())
          .isEqualTo(HttpStatus.OK);
      assertThat(server.served()).isEqualTo(5);
    }
  }

  @Test
  void restClient_readTimeout_givesTheCallUp(LoopbackMesh mesh) {
    mesh.endpoint("orders").latency(Duration.ofSeconds(5));
    try (MeshHttpClient client = MeshHttpClient.create(mesh)) {
      RestClient orders = spring(client, Duration.ofMillis(300));
      assertThatThrownBy(() -> orders.get().uri("/").retrieve().body(String.class))
          .isInstanceOf(ResourceAccessException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "HTTP2"})
  void restClient_responseThatIsNotRead_isNoHindrance(Cluster.Protocol protocol, LoopbackMesh mesh)
      throws Exception {
    try (EchoServer server = new EchoServer(mesh, protocol);
        MeshHttpClient client = MeshHttpClient.create(mesh)) {
      RestClient orders = spring(client, Duration.ofSeconds(20));
      for (int i = 0; i < 20; i++) {
        HttpStatusCode status =
            orders
                .post()
                .uri("/")
                .body("x")
                .exchange((request, response) -> response.getStatusCode());
        assertThat(status).isEqualTo(HttpStatus.OK);
      }
      assertThat(server.served()).isEqualTo(20);
    }
  }
}
