package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import feign.Body;
import feign.Feign;
import feign.Param;
import feign.Request;
import feign.RequestLine;
import feign.RetryableException;
import feign.http2client.Http2Client;
import java.net.http.HttpClient.Redirect;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/** Libraries that are given a {@link java.net.http.HttpClient}. */
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

  private static Orders feign(MeshHttpClient client, Request.Options options) {
    return Feign.builder()
        .client(new Http2Client(client))
        .options(options)
        .retryer(feign.Retryer.NEVER_RETRY)
        .target(Orders.class, "http://orders");
  }

  /** Feign uses the client it was given only if these two settings are the same on both sides. */
  @ParameterizedTest
  @EnumSource
  void feign_withEqualSettings_callsThroughTheMesh(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire);
        MeshHttpClient client =
            MeshHttpClient.builder(rig.engine)
                .followRedirects(Redirect.ALWAYS)
                .connectTimeout(Duration.ofSeconds(10))
                .build()) {
      rig.orders(Rig.ECHO);
      Orders orders =
          feign(client, new Request.Options(10, TimeUnit.SECONDS, 60, TimeUnit.SECONDS, true));
      assertThat(orders.get("7")).isEqualTo("GET /orders/7 ");
      assertThat(orders.post("one")).isEqualTo("POST /orders one");
    }
  }

  /** With others it copies the settings into a client of the JDK's, which must not get through. */
  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "H2_TLS"})
  void feign_withOtherSettings_failsInsteadOfBypassingTheMesh(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      MeshHttpServer outside = rig.server(Rig.ECHO);
      rig.orders(outside);
      for (String scheme : new String[] {"http", "https"}) {
        Orders orders =
            Feign.builder()
                .client(new Http2Client(rig.client()))
                .options(new Request.Options(3, TimeUnit.SECONDS, 60, TimeUnit.SECONDS, true))
                .retryer(feign.Retryer.NEVER_RETRY)
                .target(Orders.class, scheme + "://127.0.0.1:" + outside.getAddress().getPort());
        assertThatThrownBy(() -> orders.get("7"))
            .isInstanceOfAny(RetryableException.class, RuntimeException.class)
            .hasStackTraceContaining("would bypass the mesh");
      }
      assertThat(rig.inbound.peers).isEmpty();
    }
  }

  private static RestClient spring(MeshHttpClient client, Duration readTimeout) {
    JdkClientHttpRequestFactory factory = new JdkClientHttpRequestFactory(client);
    factory.setReadTimeout(readTimeout);
    return RestClient.builder().requestFactory(factory).baseUrl("http://orders").build();
  }

  @ParameterizedTest
  @EnumSource
  void restClient_callsThroughTheMesh(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      RestClient orders = spring(rig.client(), Duration.ofSeconds(20));
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
    }
  }

  @ParameterizedTest
  @EnumSource
  void restClient_readTimeout_givesTheCallUp(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      RestClient orders = spring(rig.client(), Duration.ofMillis(300));
      assertThatThrownBy(() -> orders.get().uri("/").retrieve().body(String.class))
          .isInstanceOf(ResourceAccessException.class);
      Rig.await(() -> rig.stats().active() == 0);
      gate.open.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void restClient_responseThatIsNotRead_freesItsConnection(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(new byte[1000]);
            exchange.close();
          });
      RestClient orders = spring(rig.client(), Duration.ofSeconds(20));
      for (int i = 0; i < 20; i++) {
        HttpStatusCode status =
            orders.get().uri("/").exchange((request, response) -> response.getStatusCode());
        assertThat(status).isEqualTo(HttpStatus.OK);
      }
      Rig.await(() -> rig.stats().active() == 0);
    }
  }
}
