package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client is beyond its calls: redirects it follows, its end, copies of its settings. */
@Timeout(60)
class MeshHttpClientTest {
  @ParameterizedTest
  @EnumSource
  void redirects_areFollowedWhenAsked(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            String path = exchange.getRequestURI().getPath();
            if (path.equals("/end")) {
              Rig.ECHO.handle(exchange);
              return;
            }
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Location", path.equals("/loop") ? "/loop" : "/end");
            exchange.sendResponseHeaders(Integer.parseInt(path.substring(1, 4), 10), 4);
            exchange.getResponseBody().write(new byte[4]);
            exchange.close();
          });
      assertThat(rig.get("/302").statusCode()).isEqualTo(302);
      try (MeshHttpClient following =
          MeshHttpClient.builder(rig.engine).followRedirects(HttpClient.Redirect.ALWAYS).build()) {
        HttpResponse<String> post =
            following.send(
                Rig.request("/303").POST(BodyPublishers.ofString("x")).build(),
                BodyHandlers.ofString());
        assertThat(post.body()).isEqualTo("GET /end ");
        assertThat(post.previousResponse().orElseThrow().statusCode()).isEqualTo(303);
        HttpResponse<String> repeated =
            following.send(
                Rig.request("/307").POST(BodyPublishers.ofString("x")).build(),
                BodyHandlers.ofString());
        assertThat(repeated.body()).isEqualTo("POST /end x");
        assertThat(repeated.uri().getPath()).isEqualTo("/end");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void close_waitsForTheCallsInProgress(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      MeshHttpClient client = MeshHttpClient.builder(rig.engine).build();
      CompletableFuture<HttpResponse<String>> last =
          client.sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      gate.entered.await();
      client.shutdown();
      assertThat(client.isTerminated()).isFalse();
      assertThatThrownBy(() -> client.send(Rig.request("/").build(), BodyHandlers.ofString()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("closed");
      gate.open.countDown();
      client.close();
      assertThat(client.isTerminated()).isTrue();
      assertThat(last.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @EnumSource
  void shutdownNow_breaksCallsOff(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      MeshHttpClient client = MeshHttpClient.builder(rig.engine).build();
      CompletableFuture<HttpResponse<String>> last =
          client.sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      gate.entered.await();
      client.shutdownNow();
      assertThatThrownBy(() -> last.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      assertThat(client.awaitTermination(Duration.ofSeconds(20))).isTrue();
      gate.open.countDown();
    }
  }

  @Test
  void settings_makeCopiesFailClosed() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      MeshHttpServer outside = rig.server(Rig.ECHO);
      HttpClient copy =
          HttpClient.newBuilder()
              .proxy(rig.client().proxy().orElseThrow())
              .sslContext(rig.client().sslContext())
              .sslParameters(rig.client().sslParameters())
              .executor(rig.client().executor().orElseThrow())
              .build();
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + outside.getAddress().getPort() + "/"))
              .build();
      assertThatThrownBy(() -> copy.send(request, BodyHandlers.ofString()))
          .hasStackTraceContaining("would bypass the mesh");
    }
  }
}
