package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What applications give to a call (heads, bodies, handlers), and what comes of it when it is
 * wrong.
 */
@Timeout(60)
class RequestContractTest {
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
}
