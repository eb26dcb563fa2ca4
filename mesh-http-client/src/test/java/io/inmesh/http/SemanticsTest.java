package io.inmesh.http;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.http.server.ServerSettings;
import io.inmesh.model.RouteAction;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the contract of {@link HttpClient} promises beyond a response. */
@Timeout(60)
class SemanticsTest {
  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @ParameterizedTest
  @EnumSource
  void timeout_boundsTheTimeToTheHead(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(
          exchange -> {
            if (exchange.getRequestURI().getPath().equals("/never")) {
              gate.handle(exchange);
            } else {
              Rig.ECHO.handle(exchange);
            }
          });
      rig.get("/"); // connects, which is another kind of timeout
      HttpRequest request = Rig.request("/never").timeout(Duration.ofMillis(300)).build();
      assertThatThrownBy(() -> rig.client().send(request, BodyHandlers.ofString()))
          .isInstanceOf(HttpTimeoutException.class)
          .isNotInstanceOf(HttpConnectTimeoutException.class)
          .hasMessage("request timed out")
          .rootCause()
          .asInstanceOf(type(MeshException.class))
          .extracting(MeshException::attempts, as(list(AttemptRecord.class)))
          .singleElement()
          .satisfies(
              attempt -> {
                assertThat(attempt.outcome()).isEqualTo("timed out");
                assertThat(attempt.reason()).isEqualTo(Reason.TIMEOUT);
              });
      gate.open.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void timeout_doesNotBoundTheBody(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate never = new Gate();
      CountDownLatch later = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            if (exchange.getRequestURI().getPath().equals("/never")) {
              never.handle(exchange);
              return;
            }
            if (exchange.getRequestURI().getPath().equals("/")) {
              Rig.ECHO.handle(exchange);
              return;
            }
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            await(later);
            exchange.getResponseBody().write('y');
            exchange.close();
          });
      rig.get("/"); // connects, so that the time is for the head alone
      HttpRequest request = Rig.request("/body").timeout(Duration.ofSeconds(2)).build();
      HttpResponse<InputStream> response = rig.client().send(request, BodyHandlers.ofInputStream());
      // That a later call runs out of the same time shows that it has passed for the first.
      HttpRequest other = Rig.request("/never").timeout(Duration.ofSeconds(2)).build();
      assertThatThrownBy(() -> rig.client().send(other, BodyHandlers.discarding()))
          .isInstanceOf(HttpTimeoutException.class);
      later.countDown();
      never.open.countDown();
      assertThat(response.body().readAllBytes()).asString().isEqualTo("xy");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void timeoutWhileConnecting_saysSo() throws Exception {
    try (Rig rig = new Rig(Wire.H2C);
        RawServer server = new RawServer((socket, n) -> socket.getInputStream().readAllBytes())) {
      rig.orders(server.port());
      HttpRequest request = Rig.request("/").timeout(Duration.ofMillis(200)).build();
      assertThatThrownBy(() -> rig.client().send(request, BodyHandlers.ofString()))
          .isInstanceOf(HttpConnectTimeoutException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void cancelOfTheFuture_resetsTheExchange(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      CompletableFuture<HttpResponse<String>> future =
          rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      gate.entered.await();
      future.cancel(true);
      assertThat(future).isCancelled();
      Rig.await(() -> rig.stats().active() == 0);
      Rig.await(() -> rig.inbound.finished.contains(0));
      gate.open.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void cancelOfADerivedFuture_resetsTheExchange(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      CompletableFuture<Integer> derived =
          rig.client()
              .sendAsync(Rig.request("/").build(), BodyHandlers.ofString())
              .thenApply(HttpResponse::body)
              .thenApply(String::length);
      gate.entered.await();
      derived.cancel(true);
      Rig.await(() -> rig.stats().active() == 0);
      Rig.await(() -> rig.inbound.finished.contains(0));
      gate.open.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void interruptInSend_cancelsAndIsRethrown(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  rig.get("/");
                } catch (IOException | InterruptedException failure) {
                  thrown.set(failure);
                }
              });
      caller.start();
      gate.entered.await();
      caller.interrupt();
      caller.join(20_000);
      assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
      Rig.await(() -> rig.stats().active() == 0);
      gate.open.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void closedBodyStream_resetsTheExchange(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      CountDownLatch broken = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
              while (true) {
                exchange.getResponseBody().write(new byte[100_000]);
              }
            } catch (IOException gone) {
              broken.countDown();
              throw gone;
            }
          });
      HttpResponse<InputStream> response =
          rig.client().send(Rig.request("/").build(), BodyHandlers.ofInputStream());
      response.body().readNBytes(1000);
      response.body().close();
      assertThat(broken.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void moreCallsThanStreams_allSucceed(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.serverSettings = ServerSettings.DEFAULT.withMaxStreams(4);
      AtomicInteger together = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      CountDownLatch moreThanOneConnectionTakes = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            most.accumulateAndGet(together.incrementAndGet(), Math::max);
            if (most.get() > 4) {
              moreThanOneConnectionTakes.countDown();
            }
            if (wire.http2()) {
              await(moreThanOneConnectionTakes);
            }
            together.decrementAndGet();
            Rig.ECHO.handle(exchange);
          });
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        all.add(rig.client().sendAsync(Rig.request("/" + i).build(), BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> each : all) {
        assertThat(each.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      if (wire.http2()) {
        assertThat(rig.stats().connections()).as("a second connection").isGreaterThan(1);
        assertThat(most.get()).isGreaterThan(4);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusedConnection_goesToTheNextEndpoint(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      rig.orders(closedPort(), server.getAddress().getPort());
      for (int i = 0; i < 10; i++) {
        // also bodies that can be sent only once: nothing of them was sent
        assertThat(rig.post("/", BodyPublishers.ofByteArrays(List.of(new byte[10]))).statusCode())
            .isEqualTo(200);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobodyListening_failsWithTheHistory(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(closedPort());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              failure -> {
                assertThat(failure.reason())
                    .isIn(Reason.CONNECTION_FAILURE, Reason.RETRIES_EXHAUSTED);
                assertThat(failure.attempts()).isNotEmpty();
                assertThat(failure.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().startsWith("nobodyListening"));
              });
    }
  }

  @Test
  void unknownService_failsWithItsReason() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.engine.update(
          io.inmesh.testing.Snapshots.builder()
              .absent(
                  "orders.default.svc.cluster.local:80", "orders.svc.cluster.local:80", "orders:80")
              .build());
      assertThatThrownBy(() -> rig.get("/"))
          .isInstanceOfSatisfying(
              MeshException.class,
              failure -> assertThat(failure.reason()).isEqualTo(Reason.NO_SUCH_SERVICE));
    }
  }

  @Test
  void callBeforeTheFirstConfiguration_waitsForIt() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      CompletableFuture<HttpResponse<String>> early =
          rig.client().sendAsync(Rig.request("/early").build(), BodyHandlers.ofString());
      assertThat(early).isNotDone();
      rig.orders(server);
      assertThat(early.get(20, TimeUnit.SECONDS).body()).isEqualTo("GET /early ");
    }
  }

  @Test
  void localReply_isAnOrdinaryResponse() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.update(
          new int[] {closedPort()},
          route -> route.action(new RouteAction.DirectResponse(418, "short and stout")));
      HttpResponse<String> response = rig.get("/");
      assertThat(response.statusCode()).isEqualTo(418);
      assertThat(response.body()).isEqualTo("short and stout");
      assertThat(MeshHttpResponse.attemptsOf(response)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void serverRestart_isSurvived(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      MeshHttpServer first = rig.server(Rig.ECHO);
      rig.orders(first);
      assertThat(rig.get("/1").statusCode()).isEqualTo(200);
      int port = first.getAddress().getPort();
      first.stop(1);
      rig.server(port, Rig.ECHO);
      assertThat(rig.get("/2").statusCode()).isEqualTo(200);
    }
  }

  private static boolean listens(MeshHttpServer server) {
    try {
      new Socket(server.getAddress().getAddress(), server.getAddress().getPort()).close();
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource
  void stoppingServer_finishesWhatItHasAndRefusesNothing(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      MeshHttpServer old = rig.server(gate);
      rig.orders(old);
      CompletableFuture<HttpResponse<String>> slow =
          rig.client().sendAsync(Rig.request("/slow").build(), BodyHandlers.ofString());
      gate.entered.await();
      MeshHttpServer next = rig.server(Rig.ECHO);
      rig.orders(old, next);
      Thread stopping = new Thread(() -> old.stop(10));
      stopping.start();
      // A kernel breaks off what it has accepted and nobody has taken when a port is closed.
      Rig.await(() -> !listens(old));
      for (int i = 0; i < 20; i++) {
        assertThat(rig.post("/" + i, BodyPublishers.ofString("x")).statusCode()).isEqualTo(200);
      }
      gate.open.countDown();
      assertThat(slow.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      stopping.join(10_000);
      assertThat(stopping.isAlive()).isFalse();
    }
  }

  /** A body that nobody asks for is sent after a second. */
  private static final long UNASKED_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

  @ParameterizedTest
  @EnumSource
  void expectContinue_sendsTheBodyWhenAsked(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      HttpRequest request =
          Rig.request("/").expectContinue(true).POST(BodyPublishers.ofString("body")).build();
      assertThat(rig.get("/").statusCode()).isEqualTo(200);
      boolean asked = false;
      for (int i = 0; i < 5 && !asked; i++) {
        long before = System.nanoTime();
        assertThat(rig.client().send(request, BodyHandlers.ofString()).body())
            .isEqualTo("POST / body");
        asked = System.nanoTime() - before < UNASKED_NANOS;
      }
      assertThat(asked).as("one of them was quicker than a body that nobody asks for").isTrue();
      assertThat(rig.stats().connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void expectContinue_withAnEarlyAnswer_keepsTheBody(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
          });
      AtomicInteger subscriptions = new AtomicInteger();
      HttpRequest request =
          Rig.request("/")
              .expectContinue(true)
              .POST(
                  BodyPublishers.ofInputStream(
                      () -> {
                        subscriptions.incrementAndGet();
                        return InputStream.nullInputStream();
                      }))
              .build();
      rig.get("/"); // connects
      boolean early = false;
      for (int i = 0; i < 5 && !early; i++) {
        subscriptions.set(0);
        long before = System.nanoTime();
        HttpResponse<String> answer = rig.client().send(request, BodyHandlers.ofString());
        early = System.nanoTime() - before < UNASKED_NANOS;
        assertThat(answer.statusCode()).isEqualTo(403);
      }
      assertThat(early).as("one answer came before the body would have gone unasked").isTrue();
      assertThat(subscriptions.get()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void bodyThatLiesAboutItsLength_fails(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            try {
              Rig.ECHO.handle(exchange);
            } catch (IOException brokenOff) {
              exchange.close();
            }
          });
      for (long claimed : new long[] {5, 20, 100_000, 1_000_000}) {
        HttpRequest.BodyPublisher honest = BodyPublishers.ofByteArray(new byte[200_000]);
        byte[] bytes = new byte[claimed < 100 ? 10 : claimed > 500_000 ? 200_000 : 300_000];
        HttpRequest.BodyPublisher real = BodyPublishers.ofByteArrays(List.of(bytes));
        assertThat(honest.contentLength()).isEqualTo(200_000);
        assertThatThrownBy(() -> rig.post("/", BodyPublishers.fromPublisher(real, claimed)))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("than its contentLength");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void failingPublisher_failsTheCall(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            try {
              exchange.getRequestBody().readAllBytes();
            } catch (IOException brokenOff) {
              exchange.close();
            }
          });
      assertThatThrownBy(
              () ->
                  rig.post(
                      "/",
                      BodyPublishers.ofInputStream(
                          () ->
                              new InputStream() {
                                @Override
                                public int read() throws IOException {
                                  throw new IOException("the disk is gone");
                                }

                                @Override
                                public int read(byte[] into, int offset, int length)
                                    throws IOException {
                                  throw new IOException("the disk is gone");
                                }
                              })))
          .hasMessageContaining("the disk is gone");
    }
  }

  @ParameterizedTest
  @EnumSource
  void failingBodyHandler_failsTheCall(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO);
      assertThatThrownBy(
              () ->
                  rig.client()
                      .sendAsync(
                          Rig.request("/").build(),
                          info -> {
                            throw new IllegalStateException("no taste for this");
                          })
                      .get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseMessage("no taste for this");
    }
  }

  @Test
  void hostileRequest_isRefusedBeforeItIsSent() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.orders(Rig.ECHO);
      for (HttpRequest bad :
          List.of(
              new Handmade("GET", "http://orders/", Map.of("x", List.of("a\r\nevil: b"))),
              new Handmade("GET", "http://orders/", Map.of("x y", List.of("a"))),
              new Handmade("GET", "http://orders/", Map.of("host", List.of("evil"))),
              new Handmade("GET", "http://orders/", Map.of("Content-Length", List.of("3"))),
              new Handmade("GET /evil HTTP/1.1\r\nx:", "http://orders/", Map.of()),
              new Handmade("CONNECT", "http://orders/", Map.of()),
              new Handmade("GET", "ftp://orders/", Map.of()),
              new Handmade("GET", "/orders", Map.of()))) {
        assertThatThrownBy(() -> rig.client().send(bad, BodyHandlers.ofString()))
            .isInstanceOf(IllegalArgumentException.class)
            .message()
            .doesNotContain("\r");
      }
    }
  }

  /** A request that no builder has checked. */
  private static final class Handmade extends HttpRequest {
    private final String method;
    private final URI uri;
    private final HttpHeaders headers;

    Handmade(String method, String uri, Map<String, List<String>> headers) {
      this.method = method;
      this.uri = URI.create(uri);
      this.headers = HttpHeaders.of(headers, (name, value) -> true);
    }

    @Override
    public Optional<BodyPublisher> bodyPublisher() {
      return Optional.empty();
    }

    @Override
    public String method() {
      return method;
    }

    @Override
    public Optional<Duration> timeout() {
      return Optional.empty();
    }

    @Override
    public boolean expectContinue() {
      return false;
    }

    @Override
    public URI uri() {
      return uri;
    }

    @Override
    public Optional<HttpClient.Version> version() {
      return Optional.empty();
    }

    @Override
    public HttpHeaders headers() {
      return headers;
    }
  }

  @Test
  void handmadeBodilessRequests_work() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.orders(Rig.ECHO);
      for (String method : List.of("GET", "DELETE", "POST", "PATCH", "QUERY")) {
        HttpRequest request = new Handmade(method, "http://orders/x", Map.of());
        assertThat(rig.client().send(request, BodyHandlers.ofString()).body())
            .isEqualTo(method + " /x ");
      }
      HttpRequest head = new Handmade("HEAD", "http://orders/x", Map.of());
      assertThat(rig.client().send(head, BodyHandlers.ofString()).body()).isEmpty();
    }
  }

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
