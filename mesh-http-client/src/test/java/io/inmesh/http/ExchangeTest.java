package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests and responses of all shapes. */
@Timeout(60)
class ExchangeTest {
  @ParameterizedTest
  @EnumSource
  void get_isAnswered(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      HttpResponse<String> response = rig.get("/a?b=c");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("GET /a?b=c ");
      assertThat(response.version()).isEqualTo(wire.http2() ? Version.HTTP_2 : Version.HTTP_1_1);
      assertThat(response.headers().firstValue("x-protocol"))
          .contains(wire.http2() ? "HTTP/2.0" : "HTTP/1.1");
      assertThat(response.headers().firstValue("x-admitted")).contains("yes");
      assertThat(MeshHttpResponse.attemptsOf(response)).hasSize(1);
    }
  }

  @Test
  void responseThatComesAtOnce_isHandedToTheExecutorOnce() throws Exception {
    AtomicInteger tasks = new AtomicInteger();
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, n) -> {
                  RawServer.readHead(socket);
                  RawServer.say(socket, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
                })) {
      rig.orders(server.port());
      Executor onLoop =
          task -> {
            tasks.incrementAndGet();
            task.run();
          };
      try (MeshHttpClient client = MeshHttpClient.builder(rig.engine).executor(onLoop).build()) {
        assertThat(client.sendAsync(Rig.request("/").build(), BodyHandlers.ofString()).get().body())
            .isEqualTo("hello");
      }
    }
    assertThat(tasks).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource
  void post_withEveryKindOfBody_arrivesWhole(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      byte[] large = new byte[3_000_000];
      Arrays.fill(large, (byte) 'x');
      assertThat(rig.post("/s", BodyPublishers.ofString("hello")).body())
          .isEqualTo("POST /s hello");
      assertThat(rig.post("/n", BodyPublishers.noBody()).body()).isEqualTo("POST /n ");
      assertThat(rig.post("/l", BodyPublishers.ofByteArray(large)).body()).hasSize(3_000_008);
      assertThat(
              rig.post(
                      "/i",
                      BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large)))
                  .body())
          .hasSize(3_000_008);
      assertThat(rig.post("/a", BodyPublishers.ofByteArrays(List.of(large, large))).body())
          .hasSize(6_000_008);
    }
  }

  @ParameterizedTest
  @EnumSource
  void connection_isReused(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      for (int i = 0; i < 20; i++) {
        rig.get("/" + i);
      }
      assertThat(rig.stats().connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void many_inParallel_allSucceed(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        HttpRequest request = Rig.request("/" + i).build();
        all.add(rig.client().sendAsync(request, BodyHandlers.ofString()));
      }
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).get(20, TimeUnit.SECONDS).body()).isEqualTo("GET /" + i + " ");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void head_andBodilessMethods_work(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            exchange.getResponseHeaders().set("Content-Length", "12345");
            exchange.sendResponseHeaders(
                exchange.getRequestMethod().equals("DELETE") ? 204 : 200, -1);
            exchange.close();
          });
      HttpRequest head = Rig.request("/").method("HEAD", BodyPublishers.noBody()).build();
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> response = rig.client().send(head, BodyHandlers.ofString());
        assertThat(response.body()).isEmpty();
        assertThat(response.headers().firstValue("content-length")).contains("12345");
      }
      HttpRequest delete = Rig.request("/").DELETE().build();
      assertThat(rig.client().send(delete, BodyHandlers.ofString()).statusCode()).isEqualTo(204);
      assertThat(rig.stats().connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void response_ofUnknownLength_isStreamed(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 100; i++) {
              exchange.getResponseBody().write(new byte[10_000]);
              exchange.getResponseBody().flush();
            }
            exchange.close();
          });
      HttpResponse<InputStream> response =
          rig.client().send(Rig.request("/").build(), BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        assertThat(body.readAllBytes()).hasSize(1_000_000);
      }
    }
  }
}
