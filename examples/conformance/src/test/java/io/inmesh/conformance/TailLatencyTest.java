package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.weight;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;

/**
 * UX-04 over real sockets: where one call in a hundred goes to an endpoint that takes two seconds,
 * hedging makes the 99th percentile at least five times shorter for at most 5 % more load. What is
 * slow is so much slower than any pause of this JVM that only hedging can tell the two runs apart.
 */
class TailLatencyTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String TURNS = "loadBalancer: {simple: ROUND_ROBIN}";
  private static final int THREADS = 12;
  private static final int CALLS = 600;
  private static final int SLOW_MILLIS = 2000;

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  @Timeout(60)
  void hedging_shortensTheTail_forLittleLoad(World world) throws Exception {
    world.config(versions("orders"), destination("orders", TURNS));
    Instance slow = world.serve("orders", ok().after(Duration.ofMillis(SLOW_MILLIS)), weight(1));
    Instance fast = world.serve("orders", ok(), weight(99));
    Caller web = world.client("web");
    world.until("the slow one is called, too", () -> called(web, slow));
    long without = percentile99(web);
    assertThat(without).isGreaterThanOrEqualTo(SLOW_MILLIS);

    world.config(
        versions("orders"),
        destination("orders", TURNS),
        policy("orders", "hedge: {delay: 100ms, budgetPercent: 5}"));
    int before = slow.requests().size() + fast.requests().size();
    long with = percentile99(web);
    int load = slow.requests().size() + fast.requests().size() - before;
    assertThat(with).as("milliseconds, %d without hedges", without).isLessThan(without / 5);
    assertThat(load).as("requests at the servers").isLessThanOrEqualTo(CALLS * 105 / 100 + 1);
  }

  private static boolean called(Caller web, Instance instance) {
    try {
      assertThat(web.get(GET)).isOk();
      return !instance.requests().isEmpty();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** In milliseconds. */
  private static long percentile99(Caller web) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> times = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        times.add(
            threads.submit(
                () -> {
                  long start = System.nanoTime();
                  Answer answer = web.get(GET);
                  assertThat(answer).isOk();
                  return (System.nanoTime() - start) / 1_000_000;
                }));
      }
      List<Long> sorted = new ArrayList<>();
      for (Future<Long> time : times) {
        sorted.add(time.get());
      }
      sorted.sort(null);
      return sorted.get(CALLS * 99 / 100);
    } finally {
      threads.shutdownNow();
    }
  }
}
