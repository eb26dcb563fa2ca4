package io.inmesh.http;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls that nobody waits for any longer: out of time, cancelled, interrupted, or not read on. */
@Timeout(60)
class AbandonedCallTest {
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
            Gate.await(later);
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
}
