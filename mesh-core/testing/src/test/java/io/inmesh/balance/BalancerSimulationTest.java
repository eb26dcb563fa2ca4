package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.balance.Simulation.Result;
import io.inmesh.balance.Simulation.Server;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.BalancerPolicy.SlowStart;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.PageTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Compares the balancers where servers misbehave, and writes what comes out into the table of
 * {@code docs/load-balancing.md}.
 */
class BalancerSimulationTest {
  private static final int SECONDS = 70;
  private static final long MILLIS = 1_000_000L;
  private static final Path PAGE = Path.of("..", "..", "docs", "load-balancing.md");
  private static final String BEGIN = "<!-- simulation -->\n";
  private static final String END = "<!-- end of simulation -->\n";

  @SuppressWarnings("ImmutableEnumChecker") // records of values
  private enum Balancer {
    RANDOM("random", new Algorithm.Random(), false, false),
    ROUND_ROBIN("round robin", new Algorithm.RoundRobin(), false, false),
    LEAST_REQUEST("least request", new Algorithm.LeastRequest(2, 1), false, false),
    EWMA("peak EWMA", ewma(null), false, false),
    PENALISING("peak EWMA, penalty", ewma(Duration.ofSeconds(5)), false, false),
    DETECTING("least request, outliers", new Algorithm.LeastRequest(2, 1), true, false),
    SLOW_START("least request, slow start", new Algorithm.LeastRequest(2, 1), false, true),
    UTILIZATION("by utilisation", utilization(), false, false),
    RING("ring hash", new Algorithm.RingHash(1024, 8 << 20), false, false),
    BOUNDED("ring hash, 125 %", new Algorithm.RingHash(1024, 8 << 20, 125), false, false),
    MAGLEV("Maglev", new Algorithm.Maglev(65_537), false, false);

    final String text;
    final BalancerPolicy policy;
    final @Nullable OutlierPolicy outliers;

    Balancer(String text, Algorithm algorithm, boolean detects, boolean warms) {
      this.text = text;
      SlowStart slowStart = warms ? new SlowStart(Duration.ofSeconds(30), 1, 10) : null;
      policy = new BalancerPolicy(algorithm, false, 0, slowStart);
      outliers = detects ? Outliers.defaults().maxEjectionPercent(50).build() : null;
    }

    private static Algorithm utilization() {
      Duration second = Duration.ofSeconds(1);
      return new Algorithm.Utilization(false, second, second, Duration.ofMinutes(3), second, 1);
    }

    private static Algorithm ewma(@Nullable Duration penalty) {
      return new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), penalty);
    }
  }

  private enum Scenario {
    HEALTHY("all well") {
      @Override
      void on(Simulation world) {}
    },
    SLOW("one server 10 × slower") {
      @Override
      void on(Simulation world) {
        world.servers.get(0).slowness = 10;
      }
    },
    DEAD("one refuses connections") {
      @Override
      void on(Simulation world) {
        world.servers.get(0).dead = true;
      }
    },
    FAILING("one answers 503 at once") {
      @Override
      void on(Simulation world) {
        world.servers.get(0).failing = true;
      }
    },
    COLD("one new every 30 s, 8 × slower at first") {
      @Override
      void on(Simulation world) {
        every(world, 30_000, 0, server -> cold(world, server));
      }
    },
    PAUSES("1 s pauses of one at a time") {
      @Override
      void on(Simulation world) {
        every(
            world,
            5_000,
            0,
            server -> server.pausedUntil = world.clock.nanoTime() + 1_000 * MILLIS);
      }
    },
    ROLLING("rolling restart, 3 s each") {
      @Override
      void on(Simulation world) {
        every(
            world,
            6_000,
            0,
            server -> {
              server.dead = true;
              server.restart();
              var unused =
                  world.clock.schedule(
                      3_000 * MILLIS,
                      () -> {
                        server.dead = false;
                        cold(world, server);
                      });
            });
      }
    };

    final String text;

    Scenario(String text) {
      this.text = text;
    }

    abstract void on(Simulation world);

    /** Something happens to one server after another. */
    private static void every(Simulation world, long millis, int server, Consumer<Server> what) {
      var unused =
          world.clock.schedule(
              millis * MILLIS,
              () -> {
                what.accept(world.servers.get(server));
                every(world, millis, (server + 1) % Simulation.SERVERS, what);
              });
    }

    /** As slow as a JVM before it has compiled anything; gets quicker over 20 s. */
    private static void cold(Simulation world, Server server) {
      world.renewed(server);
      for (int step = 0; step <= 20; step++) {
        double slowness = 8 - 7.0 * step / 20;
        var unused = world.clock.schedule(step * 1_000L * MILLIS, () -> server.slowness = slowness);
      }
    }
  }

  private static final Map<Scenario, Map<Balancer, Result>> RESULTS = new EnumMap<>(Scenario.class);

  @BeforeAll
  static void simulate() {
    for (Scenario scenario : Scenario.values()) {
      Map<Balancer, Result> row = new EnumMap<>(Balancer.class);
      for (Balancer balancer : Balancer.values()) {
        row.put(balancer, run(scenario, balancer));
      }
      RESULTS.put(scenario, row);
    }
  }

  private static Result run(Scenario scenario, Balancer balancer) {
    Simulation world = new Simulation(balancer.policy, balancer.outliers);
    scenario.on(world);
    return world.run(SECONDS);
  }

  private static Result result(Scenario scenario, Balancer balancer) {
    return Objects.requireNonNull(Objects.requireNonNull(RESULTS.get(scenario)).get(balancer));
  }

  @Test
  void sameSeed_sameNumbers() {
    assertThat(run(Scenario.SLOW, Balancer.EWMA)).isEqualTo(result(Scenario.SLOW, Balancer.EWMA));
  }

  @Test
  void slowServer_isFeltLess_byThoseThatLookAtLoad() {
    double blind = result(Scenario.SLOW, Balancer.ROUND_ROBIN).p99();
    assertThat(result(Scenario.SLOW, Balancer.LEAST_REQUEST).p99()).isLessThan(blind / 2);
    assertThat(result(Scenario.SLOW, Balancer.EWMA).p99())
        .isLessThan(result(Scenario.SLOW, Balancer.LEAST_REQUEST).p99());
  }

  @Test
  void deadServer_costsNothing_onceItIsAvoided() {
    for (Balancer balancer : Balancer.values()) {
      assertThat(result(Scenario.DEAD, balancer).failedPercent()).isLessThan(0.1);
    }
  }

  @Test
  void fastFailures_drawTraffic_unlessPenalisedOrEjected() {
    double fair = 100.0 / Simulation.SERVERS;
    assertThat(result(Scenario.FAILING, Balancer.LEAST_REQUEST).failedPercent())
        .isGreaterThan(1.5 * fair);
    assertThat(result(Scenario.FAILING, Balancer.EWMA).failedPercent()).isGreaterThan(1.5 * fair);
    assertThat(result(Scenario.FAILING, Balancer.PENALISING).failedPercent()).isLessThan(1);
    assertThat(result(Scenario.FAILING, Balancer.DETECTING).failedPercent()).isLessThan(1);
  }

  @Test
  void slowServer_getsLess_whereUtilisationIsReported() {
    assertThat(result(Scenario.SLOW, Balancer.UTILIZATION).p99())
        .isLessThan(result(Scenario.SLOW, Balancer.ROUND_ROBIN).p99());
  }

  @Test
  void coldServer_isSpared_bySlowStart() {
    assertThat(result(Scenario.COLD, Balancer.SLOW_START).p99())
        .isLessThan(result(Scenario.COLD, Balancer.LEAST_REQUEST).p99());
  }

  @Test
  void pauses_hurtLess_whereRequestsInFlightCount() {
    assertThat(result(Scenario.PAUSES, Balancer.LEAST_REQUEST).p99())
        .isLessThan(result(Scenario.PAUSES, Balancer.ROUND_ROBIN).p99());
  }

  @Test
  void slowServer_isFeltLess_whereHashingIsBounded() {
    assertThat(result(Scenario.SLOW, Balancer.BOUNDED).p99())
        .isLessThan(result(Scenario.SLOW, Balancer.RING).p99() / 2);
    assertThat(result(Scenario.HEALTHY, Balancer.BOUNDED).worstShare())
        .isLessThan(result(Scenario.HEALTHY, Balancer.RING).worstShare());
  }

  @Test
  void allWell_nobodyIsOverloaded() {
    for (Balancer balancer : Balancer.values()) {
      if (balancer != Balancer.EWMA
          && balancer != Balancer.PENALISING
          && balancer != Balancer.UTILIZATION
          && !balancer.policy.algorithm().hashes()) {
        assertThat(result(Scenario.HEALTHY, balancer).worstShare())
            .as(balancer.text)
            .isLessThan(1.1);
      }
    }
  }

  /**
   * To write the table anew: {@code mvn -pl mesh-core,mesh-core/testing -am test
   * -Dtest=BalancerSimulationTest -Dsurefire.failIfNoSpecifiedTests=false
   * -DargLine=-Dinmesh.docs.write=true}.
   */
  @Test
  void table_isTheOneOfThePage() throws Exception {
    new PageTable(PAGE, BEGIN, END).isCurrent(table());
  }

  private static String table() {
    StringBuilder text = new StringBuilder("| |");
    for (Balancer balancer : Balancer.values()) {
      text.append(' ').append(balancer.text).append(" |");
    }
    text.append("\n|---|").append("---|".repeat(Balancer.values().length)).append('\n');
    for (Scenario scenario : Scenario.values()) {
      text.append("| ").append(scenario.text).append(" |");
      for (Balancer balancer : Balancer.values()) {
        Result result = result(scenario, balancer);
        text.append(
            String.format(
                Locale.ROOT,
                " %.0f / %.0f / %.0f ms, %.1f %%, %.2f |",
                result.p50(),
                result.p99(),
                result.p999(),
                result.failedPercent(),
                result.worstShare()));
      }
      text.append('\n');
    }
    return text.toString();
  }
}
