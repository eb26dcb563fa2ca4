package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.inmesh.MeshException;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.LocalReply;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.model.PathMatch;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What one call costs in bytes, once the engine is warm: route, pick and finish. */
class AllocationTest {
  private static final int CALLS = 20_000;

  /** Of a call without filters, timers or retries; the transport's own objects are its business. */
  private static final long BUDGET = 200;

  private static final class Sink implements CallTransport {
    private final ResponseHead response = FakeResponse.http(200);
    int delivered;

    @Override
    public void send(Attempt attempt) {
      if (attempt.pick(Usable.ALL) != Attempt.Pick.PICKED) {
        throw new AssertionError("nothing was picked");
      }
      attempt.sent();
      attempt.requestEnd();
      attempt.head(response);
      attempt.end(ResponseHead.NO_GRPC_STATUS, null);
    }

    @Override
    public void abandon(Attempt attempt) {}

    @Override
    public void deliver(Attempt attempt) {
      delivered++;
    }

    @Override
    public void respond(LocalReply reply) {
      throw new AssertionError(reply);
    }

    @Override
    public void fail(MeshException failure) {
      throw new AssertionError(failure);
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
      return Cancellable.NONE;
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }
  }

  @Test
  void call_warm_staysWithinItsByteBudget() {
    String orders = Snapshots.clusterName("orders", 80);
    MeshEngine engine = MeshEngine.builder(EngineSettings.insecure("web", "default")).build();
    engine.update(
        Snapshots.builder()
            .add(
                "orders",
                Snapshots.endpoint("127.0.0.1", 1),
                Snapshots.endpoint("127.0.0.1", 2),
                Snapshots.endpoint("127.0.0.1", 3))
            .routes(
                "orders",
                80,
                TestRoute.exact("/other").to(orders),
                TestRoute.prefix("/api/").to(orders, 90).to(orders, 10),
                TestRoute.on(new PathMatch.Regex("/x+")).to(orders))
            .build());
    RequestHead head = FakeRequest.get("orders", "/api/items");
    Sink sink = new Sink();
    run(engine, head, sink);
    long bytes = Math.min(run(engine, head, sink), run(engine, head, sink));
    assertThat(sink.delivered).isEqualTo(3 * CALLS);
    assertThat(bytes / CALLS).as("bytes per call").isLessThanOrEqualTo(BUDGET);
  }

  private static long run(MeshEngine engine, RequestHead head, Sink sink) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      OutboundCall call = engine.begin(head, CallOptions.DEFAULT, sink);
      call.start();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
