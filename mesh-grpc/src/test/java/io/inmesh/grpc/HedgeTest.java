package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.SERVER_STREAM;
import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.grpc.TestService.idempotent;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.inmesh.call.OutboundCall;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several attempts of one call in flight, on the real engine. */
class HedgeTest {
  private static final Metadata.Key<String> PREVIOUS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  private final EngineMesh mesh = new EngineMesh();
  private final TestService slow = new TestService();
  private final TestService quick = new TestService();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @BeforeEach
  void start() throws IOException {
    slow.hangsAlways = true;
    slow.start();
    quick.start();
    mesh.update(
        Snapshots.builder()
            .add(
                "orders",
                80,
                Cluster.Protocol.HTTP2,
                endpoint("127.0.0.1", slow.port()),
                endpoint("127.0.0.1", quick.port()))
            .routes(
                "orders",
                80,
                TestRoute.any()
                    .to(Snapshots.clusterName("orders", 80))
                    .hedge(Duration.ofMillis(20)))
            .build());
    // Only hedges reach the quick one while a call hangs on the slow one; both are connected then.
    Eventually.until("both are reached", () -> hedged() > 0);
  }

  @AfterEach
  void nothingLeaks() {
    Eventually.until("the engine is idle", mesh.engine::idle);
    Eventually.until("all losers were reset", () -> slow.cancelled.get() == slow.hanging.size());
    channel.shutdownNow();
    slow.close();
    quick.close();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  /** A call; how many attempts it had beyond the first. */
  private int hedged() {
    AtomicReference<@Nullable OutboundCall> call = new AtomicReference<>();
    String answer =
        ClientCalls.blockingUnaryCall(
            channel, UNARY, idempotent().withOption(MeshChannels.OBSERVER, call::set), "hello");
    assertThat(answer).isEqualTo("hello");
    OutboundCall begun = call.get();
    assertThat(begun).isNotNull();
    return begun.attempts().size() - 1;
  }

  @Test
  void unary_theQuickOneAnswers_theOtherIsReset() {
    int before = slow.hanging.size();
    do {
      assertThat(hedged()).isBetween(0, 1);
    } while (slow.hanging.size() == before); // until chance has tried it first
  }

  @Test
  void hedge_saysThatItIsNotTheFirst() {
    Eventually.until(
        "a hedge reaches the quick one",
        () -> {
          hedged();
          return quick.heads.stream().anyMatch(head -> head.get(PREVIOUS) != null);
        });
    assertThat(quick.heads).allSatisfy(head -> assertThat(head.get(PREVIOUS)).isIn(null, "1"));
    assertThat(slow.heads).allSatisfy(head -> assertThat(head.get(PREVIOUS)).isIn(null, "1"));
  }

  @Test
  void serverStream_theQuickOneAnswers_inOrder() {
    for (int i = 0; i < 10; i++) {
      Iterator<String> answers =
          ClientCalls.blockingServerStreamingCall(channel, SERVER_STREAM, idempotent(), "count 50");
      for (int n = 0; n < 50; n++) {
        assertThat(answers.next()).isEqualTo(Integer.toString(n));
      }
      assertThat(answers.hasNext()).isFalse();
    }
  }

  @Test
  void notIdempotent_isNotHedged() {
    quick.hangsAlways = true;
    var answer = ClientCalls.futureUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), "hello");
    int before = slow.hanging.size() + quick.hanging.size();
    Eventually.until(
        "it hangs", () -> slow.hanging.size() + quick.hanging.size() >= Math.max(1, before));
    assertThat(answer.cancel(true)).isTrue();
    Eventually.until(
        "all are reset",
        () ->
            slow.cancelled.get() == slow.hanging.size()
                && quick.cancelled.get() == quick.hanging.size());
    assertThat(quick.hanging.size() + slow.hanging.size()).isLessThanOrEqualTo(before + 1);
  }

  @Test
  void cancelled_resetsAllAttempts() {
    quick.hangsAlways = true;
    int before = slow.hanging.size();
    var answer = ClientCalls.futureUnaryCall(channel.newCall(UNARY, idempotent()), "hello");
    Eventually.until(
        "both hang", () -> slow.hanging.size() == before + 1 && quick.hanging.size() == 1);
    assertThat(answer.cancel(true)).isTrue();
    Eventually.until("both are reset", () -> quick.cancelled.get() == 1);
  }
}
