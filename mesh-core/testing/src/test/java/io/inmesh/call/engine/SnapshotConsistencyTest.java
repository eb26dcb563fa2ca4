package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Calls race with updates: each sees one configuration from its route to its last retry. */
class SnapshotConsistencyTest {
  private static final int CALLERS = 3;
  private static final int CALLS = 3_000;
  private static final int UPDATES = 600;
  private static final String ORDERS = Snapshots.clusterName("orders", 80);

  /** The route's name and both endpoints' ports tell the generation. */
  private static MeshSnapshot snapshot(int generation) {
    return Snapshots.builder()
        .add(
            "orders",
            Snapshots.endpoint("127.0.0.1", 10_000 + generation % 20_000),
            Snapshots.endpoint("127.0.0.2", 10_000 + generation % 20_000))
        .routes(
            "orders",
            80,
            TestRoute.any().named(Integer.toString(generation)).to(ORDERS).retry(2, "5xx"))
        .build();
  }

  /** First attempts fail, second ones succeed; both are compared with the route. */
  private static final class Checker implements CallTransport {
    private final List<String> torn;
    private final AtomicInteger answered;
    private final ResponseHead response = FakeResponse.http(200);

    Checker(List<String> torn, AtomicInteger answered) {
      this.torn = torn;
      this.answered = answered;
    }

    @Override
    public void send(Attempt attempt) {
      Attempt.Pick pick = attempt.pick(Usable.ALL);
      if (pick != Attempt.Pick.PICKED) {
        torn.add("pick " + pick);
        return;
      }
      int port = attempt.endpoint().address().getPort();
      String route = Objects.requireNonNull(attempt.call().route()).name();
      if (10_000 + Integer.parseInt(route) % 20_000 != port) {
        torn.add("route " + route + " with port " + port);
      }
      if (attempt.number() == 1) {
        attempt.failed(Failure.CONNECT, null);
      } else {
        attempt.head(response);
        attempt.end(ResponseHead.NO_GRPC_STATUS, null);
      }
    }

    @Override
    public void abandon(Attempt attempt) {}

    @Override
    public void deliver(Attempt attempt) {
      answered.incrementAndGet();
    }

    @Override
    public void respond(LocalReply reply) {
      torn.add("reply " + reply);
    }

    @Override
    public void fail(MeshException failure) {
      torn.add("failure " + failure);
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
      task.run();
      return Cancellable.NONE;
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }
  }

  @Test
  void call_whileConfigurationsChange_seesExactlyOne() throws InterruptedException {
    MeshEngine engine = MeshEngine.builder(EngineSettings.insecure("web", "default")).build();
    engine.update(snapshot(0));
    List<String> torn = new CopyOnWriteArrayList<>();
    AtomicInteger answered = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      threads.add(
          new Thread(
              () -> {
                await(start);
                Checker checker = new Checker(torn, answered);
                for (int n = 0; n < CALLS; n++) {
                  OutboundCall call =
                      engine.begin(FakeRequest.get("orders", "/"), CallOptions.DEFAULT, checker);
                  call.start();
                }
              }));
    }
    threads.add(
        new Thread(
            () -> {
              await(start);
              for (int generation = 1; generation <= UPDATES; generation++) {
                engine.update(snapshot(generation));
              }
            }));
    threads.forEach(Thread::start);
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(torn).isEmpty();
    assertThat(answered).hasValue(CALLERS * CALLS);
    assertThat(engine.idle()).isTrue();
  }

  private static void await(@Nullable CountDownLatch latch) {
    try {
      Objects.requireNonNull(latch).await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
