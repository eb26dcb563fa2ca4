package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.inmesh.call.CallOptions;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.model.PathMatch;
import io.inmesh.testing.AnsweringTransport;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What one call costs in bytes, once the engine is warm: route, pick and finish. */
class AllocationTest {
  private static final int CALLS = 20_000;

  /** Of a call without filters, timers or retries; the transport's own objects are its business. */
  private static final long BUDGET = 200;

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
    AnsweringTransport sink = new AnsweringTransport();
    run(engine, head, sink);
    long bytes = Math.min(run(engine, head, sink), run(engine, head, sink));
    assertThat(sink.delivered()).isEqualTo(3 * CALLS);
    assertThat(bytes / CALLS).as("bytes per call").isLessThanOrEqualTo(BUDGET);
  }

  private static long run(MeshEngine engine, RequestHead head, AnsweringTransport sink) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      OutboundCall call = engine.begin(head, CallOptions.DEFAULT, sink);
      call.start();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
