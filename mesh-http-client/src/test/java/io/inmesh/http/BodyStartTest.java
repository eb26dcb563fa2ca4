package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.BodyStart;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who decides about a request may look at its body; the handler gets all of it. */
class BodyStartTest {
  private static final Peer SOMEBODY =
      new Peer(InetSocketAddress.createUnresolved("peer", 1), null, false);

  private final LinkedBlockingQueue<BodyStart> shown = new LinkedBlockingQueue<>();

  private Admission looking(Rig rig, RequestHead head, int... limits) {
    return new Admission.Pending(looked(rig, head, limits, 0));
  }

  private CompletionStage<Admission> looked(Rig rig, RequestHead head, int[] limits, int next) {
    return next == limits.length
        ? CompletableFuture.completedFuture(new Admission.Allowed(rig.inbound.call(SOMEBODY, null)))
        : Objects.requireNonNull(head.body(limits[next]))
            .thenCompose(
                start -> {
                  shown.add(start);
                  return looked(rig, head, limits, next + 1);
                });
  }

  private static Admission refused(int status) {
    return new Admission.Denied(new LocalReply(status, 13, List.of(), "", Reason.DENIED));
  }

  /** The window is 256 KiB: what is looked at may be more, and what follows much more. */
  @ParameterizedTest
  @CsvSource({
    "HTTP1, 0, 10", "HTTP1, 10, 10", "HTTP1, 11, 10", "HTTP1, 2000000, 1000000",
    "HTTP1, 1000000, 1000000", "H2C, 0, 10", "H2C, 10, 10", "H2C, 11, 10",
    "H2C, 2000000, 1000000", "H2C, 1000000, 1000000"
  })
  void start_isShown_andTheHandlerGetsTheWhole(Wire wire, int length, int limit) throws Exception {
    byte[] body = new byte[length];
    new Random(length).nextBytes(body);
    try (Rig rig = new Rig(wire)) {
      CompletableFuture<byte[]> handled = new CompletableFuture<>();
      rig.orders(
          exchange -> {
            handled.complete(exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
          });
      rig.inbound.policy = head -> looking(rig, head, limit);
      assertThat(rig.post("/", BodyPublishers.ofByteArray(body)).statusCode()).isEqualTo(204);
      BodyStart start = shown.remove();
      byte[] beginning = new byte[start.bytes().remaining()];
      start.bytes().duplicate().get(beginning);
      assertThat(beginning).isEqualTo(Arrays.copyOf(body, Math.min(length, limit)));
      assertThat(start.whole()).isEqualTo(length <= limit);
      assertThat(handled.get(10, TimeUnit.SECONDS)).isEqualTo(body);
    }
  }

  @ParameterizedTest
  @EnumSource
  void start_canBeLookedAtAgain_andFurther(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            byte[] all = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, all.length);
            exchange.getResponseBody().write(all);
            exchange.close();
          });
      rig.inbound.policy = head -> looking(rig, head, 2, 100, 1);
      assertThat(rig.post("/", BodyPublishers.ofString("hello")).body()).isEqualTo("hello");
      assertThat(shown).extracting(start -> start.bytes().remaining()).containsExactly(2, 5, 1);
      assertThat(shown).extracting(BodyStart::whole).containsExactly(false, true, false);
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestThatIsRefusedByItsBody_leavesTheConnectionUsable(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            throw new AssertionError("it was refused");
          });
      rig.inbound.policy =
          head ->
              new Admission.Pending(
                  Objects.requireNonNull(head.body(10)).thenApply(start -> refused(413)));
      for (int i = 0; i < 3; i++) {
        assertThat(rig.post("/", BodyPublishers.ofByteArray(new byte[100_000])).statusCode())
            .isEqualTo(413);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void callerThatLeaves_endsTheLook(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(
          exchange -> {
            throw new AssertionError("nobody waits for this");
          });
      CountDownLatch asked = new CountDownLatch(1);
      CompletableFuture<Throwable> broken = new CompletableFuture<>();
      rig.inbound.policy =
          head -> {
            CompletionStage<Admission> never =
                Objects.requireNonNull(head.body(10))
                    .handle(
                        (start, failure) -> {
                          broken.complete(failure);
                          return refused(400);
                        });
            asked.countDown();
            return new Admission.Pending(never);
          };
      PipedBody body = new PipedBody();
      HttpRequest request = Rig.request("/").POST(BodyPublishers.fromPublisher(body)).build();
      var call = rig.client().sendAsync(request, BodyHandlers.ofString());
      asked.await();
      call.cancel(true);
      assertThat(broken.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    }
  }
}
