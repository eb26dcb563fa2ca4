package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several attempts of one call at once: one answer, and the others are given up. */
@Timeout(60)
class HedgingTest {
  @ParameterizedTest
  @EnumSource
  void slowEndpoint_isOvertaken_andTheLoserIsCancelled(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate slow = new Gate();
      MeshHttpServer stuck = rig.server(slow);
      MeshHttpServer quick = rig.server(Rig.ECHO);
      rig.update(
          new int[] {stuck.getAddress().getPort(), quick.getAddress().getPort()},
          route -> route.hedge(Duration.ofMillis(20)));
      while (slow.entered.getCount() > 0) {
        assertThat(rig.get("/hedged").body()).isEqualTo("GET /hedged ");
      }
      Rig.await(() -> rig.inbound.cancelled.get() > 0);
      Rig.await(() -> rig.stats().active() == 0);
      slow.open.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void hedgedBody_isSentWholeByEachAttempt(Wire wire) throws Exception {
    try (Rig rig = new Rig(wire)) {
      Gate slow = new Gate();
      MeshHttpServer stuck = rig.server(slow);
      MeshHttpServer quick = rig.server(Rig.ECHO);
      rig.update(
          new int[] {stuck.getAddress().getPort(), quick.getAddress().getPort()},
          route -> route.hedge(Duration.ofMillis(20)));
      byte[] body = new byte[300_000];
      while (slow.entered.getCount() > 0) {
        String answer =
            rig.client()
                .send(
                    Rig.request("/").PUT(BodyPublishers.ofByteArray(body)).build(),
                    java.net.http.HttpResponse.BodyHandlers.ofString())
                .body();
        assertThat(answer).hasSize(body.length + "PUT / ".length());
      }
      slow.open.countDown();
    }
  }
}
