package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.MeshException;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Outbound;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.Cancellable;
import java.io.InputStream;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
  @ValueSource(strings = {"hello", "hel", ""})
  void executorThatEndsWithTheClient_hasGotTheLastResponse(String sent) throws Exception {
    CompletableFuture<Void> closing = new CompletableFuture<>();
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, n) -> {
                  RawServer.readHead(socket);
                  closing.join();
                  if (!sent.isEmpty()) {
                    RawServer.say(socket, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n" + sent);
                  }
                })) {
      rig.orders(server.port());
      ExecutorService executor = Executors.newSingleThreadExecutor();
      MeshHttpClient client =
          MeshHttpClient.builder(new EndingWith(rig.engine, executor::shutdown))
              .executor(executor)
              .build();
      CompletableFuture<HttpResponse<String>> last =
          client.sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      client.shutdown();
      closing.complete(null);
      client.close();
      assertThat(executor.isShutdown()).isTrue();
      if (sent.length() == 5) {
        assertThat(last.get(20, TimeUnit.SECONDS).body()).isEqualTo(sent);
      } else {
        assertThatThrownBy(() -> last.get(20, TimeUnit.SECONDS))
            .hasCauseInstanceOf(MeshException.class);
      }
    }
  }

  /** Runs a task in the moment in which the client ends. */
  private record EndingWith(MeshEngine engine, Runnable task) implements Outbound {
    @Override
    public OutboundCall begin(RequestHead head, CallOptions options, CallTransport transport) {
      return engine.begin(head, options, transport);
    }

    @Override
    public boolean isMeshName(String authority) {
      return engine.isMeshName(authority);
    }

    @Override
    public Cancellable watchTls(Runnable changed) {
      return task::run;
    }
  }

  @Test
  void applicationThatThrowsOnTheLoop_failsItsCallAtMost() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server =
            new RawServer(
                (socket, n) -> {
                  while (!RawServer.readHead(socket).isEmpty()) {
                    RawServer.say(socket, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
                  }
                })) {
      rig.orders(server.port());
      Executor onLoop = Runnable::run;
      try (MeshHttpClient client = MeshHttpClient.builder(rig.engine).executor(onLoop).build()) {
        CompletableFuture<HttpResponse<String>> handled =
            client.sendAsync(
                Rig.request("/").build(),
                info -> {
                  throw new AssertionError("handler");
                });
        assertThatThrownBy(() -> handled.get(20, TimeUnit.SECONDS)).hasRootCauseMessage("handler");
        HttpRequest endless = Rig.request("/").POST(BodyPublishers.fromPublisher(STUCK)).build();
        assertThat(
                client.sendAsync(endless, BodyHandlers.ofString()).get(20, TimeUnit.SECONDS).body())
            .isEqualTo("hello");
      }
    }
  }

  /** Gives nothing and cannot be cancelled. */
  private static final Flow.Publisher<ByteBuffer> STUCK =
      subscriber ->
          subscriber.onSubscribe(
              new Flow.Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {
                  throw new AssertionError("cancel");
                }
              });

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
