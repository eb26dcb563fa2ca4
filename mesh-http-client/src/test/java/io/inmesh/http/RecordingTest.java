package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.call.Headers;
import io.inmesh.call.InboundCall;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.call.StoredResponse;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests with an idempotency key: the response is recorded, and a recorded one is replayed. */
@Timeout(60)
class RecordingTest {
  private static final Peer SOMEBODY = new Peer(new InetSocketAddress(0), null, false);

  /** Writes down what it is shown. */
  private static final class Recorder implements ResponseRecorder {
    final List<String> seen = new CopyOnWriteArrayList<>();

    @Override
    public void head(ResponseHead head) {
      seen.add(head.status() + " " + head.headers().get("x-made"));
    }

    @Override
    public void part(ByteBuffer bytes) {
      seen.add(StandardCharsets.UTF_8.decode(bytes).toString());
    }

    @Override
    public void end(int grpcStatus, @Nullable Headers trailers) {
      seen.add("end");
    }

    @Override
    public void forget() {
      seen.add("forgotten");
    }
  }

  private static Recorder record(Rig rig) {
    Recorder recorder = new Recorder();
    InboundCall call = rig.inbound.call(SOMEBODY, recorder);
    rig.inbound.policy = head -> new Admission.Allowed(call);
    return recorder;
  }

  @ParameterizedTest
  @EnumSource
  void response_isRecorded(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Recorder recorder = record(rig);
      rig.orders(
          exchange -> {
            exchange.getResponseHeaders().set("X-Made", "here");
            exchange.sendResponseHeaders(201, 0);
            exchange.getResponseBody().write("one".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            exchange.getResponseBody().write("two".getBytes(StandardCharsets.UTF_8));
            exchange.close();
          });
      assertThat(rig.post("/", BodyPublishers.ofString("x")).body()).isEqualTo("onetwo");
      Rig.await(() -> recorder.seen.contains("end"));
      assertThat(recorder.seen).containsExactly("201 here", "one", "two", "end");
    }
  }

  @ParameterizedTest
  @EnumSource
  void callerThatLeaves_doesNotStopTheHandler(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Recorder recorder = record(rig);
      CountDownLatch entered = new CountDownLatch(1);
      CountDownLatch left = new CountDownLatch(1);
      byte[] large = "x".repeat(300_000).getBytes(StandardCharsets.UTF_8);
      rig.orders(
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            entered.countDown();
            try {
              left.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException stopped) {
              Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(200, large.length);
            exchange.getResponseBody().write(large);
            exchange.close();
          });
      CompletableFuture<HttpResponse<String>> call =
          rig.client()
              .sendAsync(
                  Rig.request("/").POST(BodyPublishers.ofString("x")).build(),
                  BodyHandlers.ofString());
      entered.await();
      call.cancel(true);
      Rig.await(() -> rig.stats().active() == 0);
      left.countDown();
      Rig.await(() -> recorder.seen.contains("end"));
      assertThat(recorder.seen.stream().mapToInt(String::length).sum()).isGreaterThan(300_000);
      Rig.await(() -> rig.inbound.finished.contains(200));
      assertThat(rig.inbound.cancelled).hasValue(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void callerThatLeaves_withoutARecorder_cancelsWhatWasBegunForIt(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      rig.orders(gate);
      CompletableFuture<HttpResponse<String>> call =
          rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      gate.entered.await();
      call.cancel(true);
      Rig.await(() -> rig.inbound.cancelled.get() == 1);
      gate.open.countDown();
      Rig.await(() -> rig.inbound.finished.equals(List.of(0)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestThatBreaksOff_reachesNoHandler_andIsForgotten(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Recorder recorder = record(rig);
      rig.orders(
          exchange -> {
            throw new AssertionError("the request is not complete");
          });
      leave(rig, 1_000, () -> !rig.inbound.peers.isEmpty());
      Rig.await(() -> rig.inbound.finished.contains(0));
      assertThat(recorder.seen).containsExactly("forgotten");
    }
  }

  /** Too large to be kept: its handler had begun, and may have had some effect. */
  @ParameterizedTest
  @EnumSource
  void largeRequestThatBreaksOff_isNotForgotten(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Recorder recorder = record(rig);
      CountDownLatch entered = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            entered.countDown();
            try (exchange) {
              exchange.getRequestBody().readAllBytes();
            }
          });
      leave(rig, 100_000, () -> entered.getCount() == 0);
      Rig.await(() -> rig.inbound.finished.contains(0));
      assertThat(recorder.seen).isEmpty();
    }
  }

  /** Sends a part of a request, waits for something, and is gone. */
  private static void leave(Rig rig, int bytes, BooleanSupplier after) {
    BodyPublisher endless =
        BodyPublishers.concat(
            BodyPublishers.ofByteArray(new byte[bytes]),
            BodyPublishers.fromPublisher(new Silent(), 1_000_000));
    CompletableFuture<HttpResponse<String>> call =
        rig.client().sendAsync(Rig.request("/").POST(endless).build(), BodyHandlers.ofString());
    Rig.await(after);
    call.cancel(true);
  }

  @ParameterizedTest
  @EnumSource
  void requestWithoutHandler_isForgotten(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      MeshHttpServer server = rig.server(Rig.ECHO);
      server.removeContext("/");
      rig.orders(server);
      Recorder recorder = record(rig);
      assertThat(rig.post("/", BodyPublishers.ofString("x")).statusCode()).isEqualTo(404);
      Rig.await(() -> !recorder.seen.isEmpty());
      assertThat(recorder.seen).containsExactly("forgotten");
    }
  }

  @ParameterizedTest
  @EnumSource
  void recordedResponse_isWrittenInsteadOfANewOne(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            throw new AssertionError("executed twice");
          });
      StoredResponse stored =
          new StoredResponse(
              201,
              List.of(Map.entry("x-made", "before")),
              List.of("one".getBytes(StandardCharsets.UTF_8), new byte[] {'t', 'w', 'o'}),
              ResponseHead.NO_GRPC_STATUS,
              List.of());
      rig.inbound.policy = head -> new Admission.Replayed(rig.inbound.call(SOMEBODY, null), stored);
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> response =
            rig.post("/", BodyPublishers.ofByteArray(new byte[100_000]));
        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(response.body()).isEqualTo("onetwo");
        assertThat(response.headers().firstValue("x-made")).contains("before");
      }
      Rig.await(() -> rig.inbound.finished.equals(List.of(201, 201, 201)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void decisionAfterTheCallerLeft_reachesNoHandler(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      CompletableFuture<Admission> decision = new CompletableFuture<>();
      CountDownLatch asked = new CountDownLatch(1);
      rig.orders(
          exchange -> {
            throw new AssertionError("nobody waits for this");
          });
      rig.inbound.policy =
          head -> {
            asked.countDown();
            return new Admission.Pending(decision);
          };
      CompletableFuture<HttpResponse<String>> call =
          rig.client().sendAsync(Rig.request("/").build(), BodyHandlers.ofString());
      asked.await();
      call.cancel(true);
      Rig.await(() -> rig.stats().active() == 0);
      // What a later request needs has been seen by the server after the reset of the first.
      rig.inbound.policy = null;
      assertThat(rig.inbound.finished).isEmpty();
      Recorder recorder = new Recorder();
      if (wire.http2()) {
        assertThat(rig.post("/", BodyPublishers.ofString("x")).statusCode()).isEqualTo(500);
        Rig.await(() -> rig.inbound.finished.equals(List.of(500)));
        rig.inbound.finished.clear();
      } else {
        Rig.await(() -> rig.connectionsOfServers() == 0);
      }
      decision.complete(new Admission.Allowed(rig.inbound.call(SOMEBODY, recorder)));
      Rig.await(() -> rig.inbound.finished.equals(List.of(0)));
      assertThat(recorder.seen).containsExactly("forgotten");
    }
  }
}
