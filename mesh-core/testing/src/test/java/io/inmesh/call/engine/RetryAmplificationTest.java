package io.inmesh.call.engine;

import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException;
import io.inmesh.call.Admission;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ManualClock;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Services in a row, each with three tries, in front of a leaf that always fails: without anything
 * against it, a leaf four deep would see 27 times the requests.
 */
class RetryAmplificationTest {
  private static final int OFFERED = 20_000;
  private static final Peer PEER =
      new Peer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), null, false);

  private final ManualClock clock = new ManualClock();
  private final List<MeshEngine> hops = new ArrayList<>();
  private int leaf;

  private void hops(int count) {
    for (int i = 0; i < count; i++) {
      MeshEngine engine =
          MeshEngine.builder(EngineSettings.insecure("hop" + i, "default"))
              .clock(clock)
              .loop(clock)
              .random(FakeMesh.seeded(i))
              .build();
      engine.update(
          Snapshots.builder()
              .add("next", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2))
              .routes(
                  "next", 80, TestRoute.any().to(Snapshots.clusterName("next", 80)).retry(2, "5xx"))
              .build());
      hops.add(engine);
    }
  }

  @Test
  void failingLeaf_fourDeep_seesAtMostAFifthMoreThanIsOffered() {
    hops(3);
    for (int i = 0; i < OFFERED; i++) {
      call(0, Context.root(), status -> {});
      clock.advanceMillis(1);
    }
    clock.advanceMillis(10_000);
    assertThat(leaf).isGreaterThanOrEqualTo(OFFERED).isLessThanOrEqualTo(OFFERED * 12 / 10);
    assertThat(hops).allMatch(MeshEngine::idle);
    assertThat(clock.pending()).isZero();
  }

  /** Hop {@code depth} calls the next one; the status comes when it comes. */
  private void call(int depth, Context context, Consumer<Integer> answered) {
    FakeRequest request = FakeRequest.get("next", "/");
    try (Scope scope = context.makeCurrent()) {
      assertThat(scope).isNotNull();
      hops.get(depth)
          .begin(request, CallOptions.DEFAULT, new Wire(depth, request, answered))
          .start();
    }
  }

  /** Carries attempts to the next hop, in no time. */
  private final class Wire implements CallTransport {
    private final int depth;
    private final FakeRequest request;
    private final Consumer<Integer> answered;

    Wire(int depth, FakeRequest request, Consumer<Integer> answered) {
      this.depth = depth;
      this.request = request;
      this.answered = answered;
    }

    @Override
    public void send(Attempt attempt) {
      assertThat(attempt.pick(Usable.ALL)).isEqualTo(Attempt.Pick.PICKED);
      attempt.decorate(request);
      attempt.sent();
      if (depth == hops.size() - 1) {
        leaf++;
        end(attempt, FakeResponse.http(503));
        return;
      }
      InboundCall below =
          ((Admission.Allowed) hops.get(depth + 1).inbound(8080).admit(request, PEER)).call();
      call(
          depth + 1,
          below.context(),
          status -> {
            FakeResponse response = FakeResponse.http(status);
            below.response(response);
            below.finish(status, ResponseHead.NO_GRPC_STATUS);
            end(attempt, response);
          });
    }

    private static void end(Attempt attempt, ResponseHead response) {
      attempt.head(response);
      attempt.end(ResponseHead.NO_GRPC_STATUS, null);
    }

    @Override
    public void abandon(Attempt attempt) {}

    @Override
    public void deliver(Attempt attempt) {
      answered.accept(503);
    }

    @Override
    public void respond(LocalReply reply) {
      answered.accept(reply.status());
    }

    @Override
    public void fail(MeshException failure) {
      answered.accept(503);
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
      return clock.schedule(delayNanos, task);
    }

    @Override
    public void execute(Runnable task) {
      clock.execute(task);
    }
  }
}
