package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.call.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shadow copies: whole where they can be, and never noticed by the request they copy. */
@Timeout(60)
class MirroringTest {
  private static final int PLENTY = 64 << 20;

  /** A server that counts what it got. */
  private static MeshHttpServer counting(Rig rig, List<String> got) throws IOException {
    return rig.server(
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          int sum = 0;
          for (byte b : body) {
            sum += b;
          }
          got.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("x-shadow")
                  + " "
                  + body.length
                  + " "
                  + sum);
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(new byte[1_000_000]);
          exchange.close();
        });
  }

  private static HttpRequest post(String path, BodyPublisher body) {
    return Rig.request(path).POST(body).build();
  }

  @ParameterizedTest
  @EnumSource
  void shadow_getsTheWholeRequest_howeverItsBodyIsMade(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      List<String> copies = new CopyOnWriteArrayList<>();
      Mirrors mirrors = new Mirrors(rig, counting(rig, copies).getAddress().getPort(), PLENTY);
      rig.orders(Rig.ECHO);
      byte[] bytes = new byte[700_000];
      Arrays.fill(bytes, (byte) 1);
      try (MeshHttpClient client = MeshHttpClient.builder(mirrors).build()) {
        for (HttpRequest request :
            List.of(
                Rig.request("/get?a=b").build(),
                post("/small", BodyPublishers.ofByteArray(new byte[] {1, 1, 1})),
                post("/memory", BodyPublishers.ofByteArray(bytes)),
                post("/once", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))),
                post(
                    "/repeatable",
                    RepeatableBody.of(
                        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))))) {
          HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
          assertThat(response.statusCode()).isEqualTo(200);
          assertThat(response.headers().map()).doesNotContainKey("x-shadow");
        }
        Rig.await(() -> mirrors.answered.size() == 5);
        Rig.await(() -> client.transport().stats().join().active() == 0);
      }
      assertThat(copies)
          .containsExactlyInAnyOrder(
              "GET /get?a=b yes 0 0",
              "POST /small yes 3 3",
              "POST /memory yes 700000 700000",
              "POST /once yes 700000 700000",
              "POST /repeatable yes 700000 700000");
      assertThat(mirrors.failed).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void shadowThatIsSlow_isGivenUp_andTheRequestIsNot(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      Mirrors mirrors = new Mirrors(rig, rig.server(gate).getAddress().getPort(), 100_000);
      rig.orders(Rig.ECHO);
      byte[] part = new byte[50_000];
      try (MeshHttpClient client = MeshHttpClient.builder(mirrors).build()) {
        BodyPublisher large = BodyPublishers.ofByteArrays(java.util.Collections.nCopies(200, part));
        assertThat(client.send(post("/", large), BodyHandlers.ofString()).body())
            .hasSize(10_000_007);
        Rig.await(() -> mirrors.failed.equals(List.of(Failure.OVERFLOW)));
      }
      gate.open.countDown();
      assertThat(mirrors.answered).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void shadowThatNobodyServes_isOnlyCounted(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      rig.orders(Rig.ECHO); // before the port is given up: it could be given it
      int nobody;
      try (ServerSocket taken = new ServerSocket(0)) {
        nobody = taken.getLocalPort();
      }
      Mirrors mirrors = new Mirrors(rig, nobody, PLENTY);
      try (MeshHttpClient client = MeshHttpClient.builder(mirrors).build()) {
        assertThat(
                client
                    .send(post("/", BodyPublishers.ofString("x")), BodyHandlers.ofString())
                    .body())
            .isEqualTo("POST / x");
        Rig.await(() -> mirrors.failed.equals(List.of(Failure.CONNECT)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestWhoseBodyBreaksOff_takesItsShadowAlong(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      List<String> copies = new CopyOnWriteArrayList<>();
      Mirrors mirrors = new Mirrors(rig, counting(rig, copies).getAddress().getPort(), PLENTY);
      rig.orders(
          exchange -> {
            try (exchange) {
              exchange.getRequestBody().readAllBytes();
            }
          });
      try (MeshHttpClient client = MeshHttpClient.builder(mirrors).build()) {
        BodyPublisher broken =
            BodyPublishers.ofByteArrays(
                () ->
                    new java.util.Iterator<>() {
                      private int parts;

                      @Override
                      public boolean hasNext() {
                        return true;
                      }

                      @Override
                      public byte[] next() {
                        if (++parts > 3) {
                          throw new IllegalStateException("no more today");
                        }
                        return new byte[10_000];
                      }
                    });
        assertThatThrownBy(() -> client.send(post("/", broken), BodyHandlers.ofString()))
            .hasStackTraceContaining("no more today");
        Rig.await(() -> mirrors.failed.equals(List.of(Failure.CLOSED)));
      }
      assertThat(copies).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void shadow_outlivesItsRequest(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate gate = new Gate();
      Mirrors mirrors = new Mirrors(rig, rig.server(gate).getAddress().getPort(), PLENTY);
      rig.orders(Rig.ECHO);
      try (MeshHttpClient client = MeshHttpClient.builder(mirrors).build()) {
        CompletableFuture<HttpResponse<ByteBuffer>> call =
            client.sendAsync(
                Rig.request("/").build(),
                info ->
                    HttpResponse.BodySubscribers.mapping(
                        HttpResponse.BodySubscribers.ofByteArray(), ByteBuffer::wrap));
        assertThat(call.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        gate.entered.await();
        assertThat(mirrors.answered).isEmpty();
        gate.open.countDown();
        Rig.await(() -> mirrors.answered.equals(List.of(200)));
      }
    }
  }
}
