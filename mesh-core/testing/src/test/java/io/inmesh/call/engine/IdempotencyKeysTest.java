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
import java.util.Map;
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
    Admission again = post("k", MeshHeaders.FIRST_SENT, "unknown");
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
    String clock = now(first);
    first.finish(0, ResponseHead.NO_GRPC_STATUS);
    assertThat(refused(post("k", MeshHeaders.FIRST_SENT, clock))).isEqualTo(409);
  }

  @Test
  void repetitionThatWasNotHereBefore_isHandledOnlyIfThatIsCertain() {
    String clock = now(allowed(post("warm")));
    mesh.clock().advanceMillis(10);
    Admission another = post("k", MeshHeaders.FIRST_SENT, "0f-another 99999999");
    assertThat(refused(another)).isEqualTo(409);
    Admission tooEarly =
        post("k", MeshHeaders.FIRST_SENT, store(clock) + " " + (millis(clock) - 1));
    assertThat(refused(tooEarly)).isEqualTo(409);
    assertThat(post("k", MeshHeaders.FIRST_SENT, clock)).isInstanceOf(Admission.Allowed.class);
  }

  @Test
  void refusalOfARepetition_tellsTheClock_andAsksForIt() {
    Admission refused = post("k", MeshHeaders.FIRST_SENT, "unknown");
    assertThat(((Admission.Denied) refused).reply().headers())
        .contains(Map.entry(MeshHeaders.RETRY, MeshHeaders.SAY_FIRST_SENT))
        .anyMatch(field -> field.getKey().equals(MeshHeaders.KEY_CLOCK));
  }

  @Test
  void keyThatHadToGo_isNotExecutedAgain() {
    mesh = mesh(new IdempotencyKeys(Duration.ofMinutes(10), 1, 1 << 20, 1 << 10));
    InboundCall old = allowed(post("old"));
    String clock = now(old);
    respond(old, "made");
    mesh.clock().advanceMillis(10);
    respond(allowed(post("new")), "made");
    mesh.clock().advanceMillis(10);
    assertThat(refused(post("old", MeshHeaders.FIRST_SENT, clock))).isEqualTo(409);
    assertThat(body(post("new", MeshHeaders.FIRST_SENT, clock))).isEqualTo("made");
  }

  /** What the store's clock shows, as responses tell it. */
  private static String now(InboundCall call) {
    ResponseHead head = FakeResponse.http(200);
    call.response(head);
    return Objects.requireNonNull(head.headers().get(MeshHeaders.KEY_CLOCK));
  }

  private static String store(String clock) {
    return clock.substring(0, clock.indexOf(' '));
  }

  private static long millis(String clock) {
    return Long.parseLong(clock.substring(clock.indexOf(' ') + 1));
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
        FakeRequest.http("POST", "orders", "/", MeshHeaders.FIRST_SENT, "unknown");
    assertThat(refused(plain.engine().inbound(8080).admit(request, PEER))).isEqualTo(409);
  }

  @Test
  void requestWithoutKey_isNotRecorded() {
    Admission admission =
        mesh.engine().inbound(8080).admit(FakeRequest.http("POST", "orders", "/"), PEER);
    assertThat(allowed(admission).recorder()).isNull();
  }
}
