package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Attempt;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HedgePolicy;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.PageTable;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * UX-04 in virtual time, through the whole engine: a hundred endpoints in turn, one of which is a
 * hundred times slower than the others. Writes what comes out into {@code docs/load-balancing.md}.
 */
class HedgingSimulationTest {
  private static final int ENDPOINTS = 100;
  private static final int SLOW = 7;
  private static final int CALLS = 20_000;
  private static final double PER_SECOND = 500;
  private static final double MEAN_MILLIS = 10;
  private static final Path PAGE = Path.of("..", "..", "docs", "load-balancing.md");
  private static final String BEGIN = "<!-- hedging -->\n";
  private static final String END = "<!-- end of hedging -->\n";

  @SuppressWarnings("ImmutableEnumChecker") // records of values
  private enum Hedging {
    NONE("no hedging", null),
    AFTER_DELAY("after 100 ms", new HedgePolicy(2, Duration.ofMillis(100), 0, 5, false)),
    AFTER_PERCENTILE(
        "after the 97th percentile", new HedgePolicy(2, Duration.ofMillis(100), 97, 5, false));

    final String text;
    final @Nullable HedgePolicy policy;

    Hedging(String text, @Nullable HedgePolicy policy) {
      this.text = text;
      this.policy = policy;
    }

    TestRoute route() {
      TestRoute route = TestRoute.any().to(Snapshots.clusterName("orders", 80));
      return policy == null ? route : route.policy(new CallPolicy(policy, false, List.of()));
    }
  }

  /**
   * What comes of it.
   *
   * @param millis latencies, sorted
   * @param load requests at the endpoints for each call
   */
  private record Result(List<Double> millis, double load) {
    double percentile(double percent) {
      return millis.get((int) (millis.size() * percent / 100));
    }
  }

  /** The calls of one run. */
  private static final class Run {
    private final FakeMesh mesh = new FakeMesh();
    private final Randomness random = FakeMesh.seeded(11);
    private final List<Double> millis = new ArrayList<>(CALLS);
    private int requests;

    Run(TestRoute route) {
      Cluster plain =
          Snapshots.cluster(
              Snapshots.clusterName("orders", 80),
              "orders",
              Snapshots.local(
                  IntStream.range(0, ENDPOINTS)
                      .mapToObj(i -> Snapshots.endpoint("10.0.0.1", 1000 + i))
                      .toArray(Endpoint[]::new)));
      mesh.update(
          Snapshots.builder()
              .routes("orders", 80, route)
              .cluster(
                  new Cluster(
                      plain.name(),
                      plain.service(),
                      plain.localities(),
                      plain.overprovisioning(),
                      plain.drops(),
                      new BalancerPolicy(new BalancerPolicy.Algorithm.RoundRobin(), false, 0, null),
                      plain.connectTimeout(),
                      plain.protocol(),
                      plain.breakers(),
                      plain.outliers(),
                      plain.tls())));
    }

    private long exponentialNanos(double meanMillis) {
      return (long) (-Math.log1p(-random.nextDouble()) * meanMillis * 1e6);
    }

    Result result() {
      for (int i = 0; i < CALLS; i++) {
        call();
        mesh.clock().advanceNanos(exponentialNanos(1_000 / PER_SECOND));
      }
      mesh.clock().advanceMillis(60_000);
      assertThat(millis).hasSize(CALLS);
      mesh.assertQuiet();
      millis.sort(null);
      return new Result(millis, (double) requests / CALLS);
    }

    private void call() {
      long began = mesh.clock().nanoTime();
      FakeTransport transport = mesh.transport();
      transport.script(
          attempt -> {
            requests++;
            attempt.sent();
            attempt.requestEnd();
            boolean slow = attempt.endpoint().address().getPort() == 1000 + SLOW;
            var unused =
                mesh.clock()
                    .schedule(
                        slow ? 1_000_000_000L : exponentialNanos(MEAN_MILLIS),
                        () -> answer(transport, attempt, began));
          });
      var unused = mesh.start(FakeRequest.get("orders", "/"), transport);
    }

    private void answer(FakeTransport transport, Attempt attempt, long began) {
      if (transport.answered()) {
        return;
      }
      attempt.head(FakeResponse.http(200));
      attempt.end(ResponseHead.NO_GRPC_STATUS, null);
      if (transport.answered()) {
        millis.add((mesh.clock().nanoTime() - began) / 1e6);
      }
    }
  }

  private static final Map<Hedging, Result> RESULTS = new EnumMap<>(Hedging.class);

  @BeforeAll
  static void simulate() {
    for (Hedging hedging : Hedging.values()) {
      RESULTS.put(hedging, new Run(hedging.route()).result());
    }
  }

  private static Result result(Hedging hedging) {
    return Objects.requireNonNull(RESULTS.get(hedging));
  }

  @Test
  void oneEndpointInAHundredIsSlow_hedgingShortensTheTail_forLittleLoad() {
    double without = result(Hedging.NONE).percentile(99);
    assertThat(without).isGreaterThanOrEqualTo(1_000);
    for (Hedging hedging : List.of(Hedging.AFTER_DELAY, Hedging.AFTER_PERCENTILE)) {
      assertThat(result(hedging).percentile(99)).as(hedging.text).isLessThan(without / 5);
      assertThat(result(hedging).load()).as(hedging.text).isLessThanOrEqualTo(1.05);
    }
  }

  /** To write the table anew, run this with {@code -Dinmesh.docs.write=true}. */
  @Test
  void table_isTheOneOfThePage() throws Exception {
    new PageTable(PAGE, BEGIN, END).isCurrent(table());
  }

  private static String table() {
    StringBuilder text =
        new StringBuilder("| | p50 / p99 / p99.9 | requests for each call |\n|---|---|---|\n");
    for (Hedging hedging : Hedging.values()) {
      Result result = result(hedging);
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.0f / %.0f / %.0f ms | %.3f |\n",
              hedging.text,
              result.percentile(50),
              result.percentile(99),
              result.percentile(99.9),
              result.load()));
    }
    return text.toString();
  }
}
