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

/**
 * UX-04 over real sockets: one call in a hundred goes to an endpoint that takes three seconds, so
 * that this is the 99th percentile as long as the endpoint answers them. Hedged, such a call takes
 * half a second and a quick answer, a sixth, for at most 5 % more load. Who answers is counted, and
 * not how long it took: no pause of the machine is taken for a slow endpoint.
 */
class TailLatencyTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String TURNS = "loadBalancer: {simple: ROUND_ROBIN}";
  private static final int THREADS = 12;
  private static final int CALLS = 600;

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  void hedging_shortensTheTail_forLittleLoad(World world) throws Exception {
    world.config(versions("orders"), destination("orders", TURNS));
    Instance slow = world.serve("orders", ok(), weight(1));
    Instance fast = world.serve("orders", ok(), weight(99));
    Caller web = world.client("web");
    web.meet(GET, slow, fast);
    slow.behave(ok().after(Duration.ofSeconds(3)));
    assertThat(answeredBy(slow, web)).isGreaterThanOrEqualTo(CALLS / 100);

    world.config(
        versions("orders"),
        destination("orders", TURNS),
        policy("orders", "hedge: {delay: 500ms, budgetPercent: 5}"));
    int before = slow.requests().size() + fast.requests().size();
    assertThat(answeredBy(slow, web)).isLessThan(CALLS / 100);
    int load = slow.requests().size() + fast.requests().size() - before;
    // The budget is of ten seconds, and one in each at least.
    assertThat(load).as("requests at the servers").isLessThanOrEqualTo(CALLS * 105 / 100 + 3);
  }

  /** How many of the calls an instance answers. */
  private static long answeredBy(Instance instance, Caller web) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Answer>> calls = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        calls.add(threads.submit(() -> web.get(GET)));
      }
      long answered = 0;
      for (Future<Answer> call : calls) {
        assertThat(call.get()).isOk();
        answered += call.get().host().equals(instance.host()) ? 1 : 0;
      }
      return answered;
    } finally {
      threads.shutdownNow();
    }
  }
}
