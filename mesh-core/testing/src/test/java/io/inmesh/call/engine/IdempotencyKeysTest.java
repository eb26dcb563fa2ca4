package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.call.InboundCall;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.IdempotencyKeys;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.Snapshots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests with idempotency keys, as a server sees them. */
class IdempotencyKeysTest {
  private static final Peer PEER =
      new Peer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), null, false);

  private FakeMesh mesh = mesh(IdempotencyKeys.DEFAULT);

  private static FakeMesh mesh(IdempotencyKeys settings) {
    FakeMesh mesh = new FakeMesh();
    mesh.clock().advanceMillis(1_000_000);
    return mesh.update(
        Snapshots.builder()
            .server(
                8080,
                new FilterConfig(
                    "keys",
                    "type.googleapis.com/inmesh.filters.v1.IdempotencyKeys",
                    false,
                    settings)));
  }

  private Admission post(String key, String... more) {
    FakeRequest request = FakeRequest.http("POST", "orders", "/orders", more);
    request.headers().set(MeshHeaders.IDEMPOTENCY_KEY, key);
    return mesh.engine().inbound(8080).admit(request, PEER);
  }

  private static InboundCall allowed(Admission admission) {
    return ((Admission.Allowed) admission).call();
  }

  private static ResponseRecorder recorder(InboundCall call) {
    return Objects.requireNonNull(call.recorder());
  }

  private static void respond(InboundCall call, String body) {
    ResponseRecorder recorder = recorder(call);
    recorder.head(FakeResponse.http(201, "location", "/orders/1"));
    recorder.part(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
    recorder.end(ResponseHead.NO_GRPC_STATUS, null);
    call.finish(201, ResponseHead.NO_GRPC_STATUS);
  }

  private static String body(Admission admission) {
    byte[] part = ((Admission.Replayed) admission).response().parts().get(0);
    return new String(part, StandardCharsets.UTF_8);
  }

  private static int refused(Admission admission) {
    return ((Admission.Denied) admission).reply().status();
  }

  @Test
  void repetition_getsTheFirstResponse() {
    respond(allowed(post("k")), "made");
    Admission again = post("k", MeshHeaders.REPEATED_AFTER_MS, "5");
    assertThat(body(again)).isEqualTo("made");
    assertThat(((Admission.Replayed) again).response().status()).isEqualTo(201);
    assertThat(((Admission.Replayed) again).response().headers())
        .anyMatch(field -> field.getKey().equals("location"));
  }

  @Test
  void otherKey_otherPath_areOtherRequests() {
    respond(allowed(post("k")), "made");
    assertThat(post("other")).isInstanceOf(Admission.Allowed.class);
    FakeRequest elsewhere = FakeRequest.http("POST", "orders", "/elsewhere");
    elsewhere.headers().set(MeshHeaders.IDEMPOTENCY_KEY, "k");
    assertThat(mesh.engine().inbound(8080).admit(elsewhere, PEER))
        .isInstanceOf(Admission.Allowed.class);
  }

  @Test
  void repetitionWhileTheFirstIsHandled_waitsForIt() {
    InboundCall first = allowed(post("k"));
    CompletableFuture<Admission> waiting =
        ((Admission.Pending) post("k")).result().toCompletableFuture();
    assertThat(waiting).isNotDone();
    respond(first, "made");
    assertThat(body(waiting.join())).isEqualTo("made");
  }

  @Test
  void firstHadNoEffect_oneOfThoseThatWaitIsHandled() {
    InboundCall first = allowed(post("k"));
    CompletableFuture<Admission> second =
        ((Admission.Pending) post("k")).result().toCompletableFuture();
    CompletableFuture<Admission> third =
        ((Admission.Pending) post("k")).result().toCompletableFuture();
    recorder(first).forget();
    first.finish(0, ResponseHead.NO_GRPC_STATUS);
    Admission lucky =
        second.isDone() && second.join() instanceof Admission.Allowed
            ? second.join()
            : third.join();
    respond(allowed(lucky), "made");
    assertThat(second).isDone();
    assertThat(third).isDone();
  }

  @Test
  void firstEndedWithoutResponse_repetitionIsRefused() {
    InboundCall first = allowed(post("k"));
    first.finish(0, ResponseHead.NO_GRPC_STATUS);
    assertThat(refused(post("k", MeshHeaders.REPEATED_AFTER_MS, "5"))).isEqualTo(409);
  }

  @Test
  void processThatBeganAfterTheFirstTry_refuses() {
    // Sent for the first time a minute before this process began.
    Admission again = post("k", MeshHeaders.REPEATED_AFTER_MS, Integer.toString(1_060_000));
    assertThat(refused(again)).isEqualTo(409);
    assertThat(((Admission.Denied) again).reply().headers())
        .anyMatch(field -> field.getKey().equals(MeshHeaders.RETRY));
  }

  @Test
  void keyThatHadToGo_isNotExecutedAgain() {
    mesh = mesh(new IdempotencyKeys(Duration.ofMinutes(10), 1, 1 << 20, 1 << 10));
    respond(allowed(post("old")), "made");
    mesh.clock().advanceMillis(10);
    respond(allowed(post("new")), "made");
    mesh.clock().advanceMillis(10);
    assertThat(refused(post("old", MeshHeaders.REPEATED_AFTER_MS, "21"))).isEqualTo(409);
    assertThat(body(post("new", MeshHeaders.REPEATED_AFTER_MS, "11"))).isEqualTo("made");
  }

  @Test
  void responseTooLarge_isNotKept_repetitionIsRefused() {
    mesh = mesh(new IdempotencyKeys(Duration.ofMinutes(10), 10, 1 << 20, 200));
    respond(allowed(post("k")), "x".repeat(300));
    assertThat(refused(post("k"))).isEqualTo(409);
  }

  @Test
  void serverWithoutKeys_refusesRepetitionsThatRelyOnThem() {
    FakeMesh plain = new FakeMesh();
    FakeRequest request =
        FakeRequest.http("POST", "orders", "/", MeshHeaders.REPEATED_AFTER_MS, "5");
    assertThat(refused(plain.engine().inbound(8080).admit(request, PEER))).isEqualTo(409);
  }

  @Test
  void requestWithoutKey_isNotRecorded() {
    Admission admission =
        mesh.engine().inbound(8080).admit(FakeRequest.http("POST", "orders", "/"), PEER);
    assertThat(allowed(admission).recorder()).isNull();
  }
}
