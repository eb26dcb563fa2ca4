package io.inmesh.balance;

import static io.inmesh.model.Endpoint.Health.DEGRADED;
import static io.inmesh.model.Endpoint.Health.DRAINING;
import static io.inmesh.model.Endpoint.Health.HEALTHY;
import static io.inmesh.model.Endpoint.Health.UNHEALTHY;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Snapshots;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BalancerTest {
  private final Map<InetSocketAddress, EndpointState> states = new HashMap<>();
  private final Randomness random = FakeMesh.seeded(3);
  private Predicate<Host> admitted = host -> true;

  private final PickRequest request =
      new PickRequest() {
        @Override
        public boolean admits(Host host) {
          return admitted.test(host);
        }

        @Override
        public boolean hashed() {
          return false;
        }

        @Override
        public long hash() {
          return 0;
        }

        @Override
        public Randomness random() {
          return random;
        }
      };

  private static Endpoint endpoint(int port, int weight, Endpoint.Health health) {
    return Snapshots.endpoint("127.0.0.1", port, weight, health);
  }

  private static LocalityEndpoints locality(
      String zone, int priority, int weight, Endpoint... endpoints) {
    return new LocalityEndpoints(new Locality("r", zone, ""), priority, weight, List.of(endpoints));
  }

  private ClusterBalancer balancer(BalancerPolicy policy, LocalityEndpoints... localities) {
    Cluster plain = Snapshots.cluster("c", "s", List.of(localities));
    Cluster cluster =
        new Cluster(
            plain.name(),
            plain.service(),
            plain.localities(),
            plain.overprovisioning(),
            plain.drops(),
            policy,
            plain.connectTimeout(),
            plain.protocol(),
            plain.breakers(),
            plain.outliers(),
            plain.tls());
    return new BalancerCompiler(new BuiltInPickers(), 0)
        .compile(
            cluster,
            new HostTable(
                    cluster.localities(),
                    address -> states.computeIfAbsent(address, a -> new EndpointState()))
                .complete(),
            new PickerFactory.Setting(policy, new ManualClock(), random),
            null);
  }

  private static BalancerPolicy policy(Algorithm algorithm, boolean localityWeighted) {
    return new BalancerPolicy(algorithm, localityWeighted, 50, null);
  }

  private static int port(@Nullable Host host) {
    return Objects.requireNonNull(host, "nothing was picked").endpoint().address().getPort();
  }

  private EndpointState state(int port) {
    return Objects.requireNonNull(states.get(endpoint(port, 1, HEALTHY).address()));
  }

  private Map<Integer, Integer> counts(ClusterBalancer balancer, int picks) {
    Map<Integer, Integer> counts = new TreeMap<>();
    for (int i = 0; i < picks; i++) {
      counts.merge(port(balancer.pick(request, false)), 1, Integer::sum);
    }
    return counts;
  }

  static Stream<Arguments> algorithms() {
    return Stream.of(
        Arguments.of(new Algorithm.RoundRobin()),
        Arguments.of(new Algorithm.LeastRequest(2, 1.0)),
        Arguments.of(new Algorithm.LeastRequest(3, 0.0)),
        Arguments.of(new Algorithm.Random()));
  }

  @ParameterizedTest
  @MethodSource("algorithms")
  void weights_withoutLoad_areTheShares(Algorithm algorithm) {
    ClusterBalancer balancer =
        balancer(
            policy(algorithm, false),
            locality(
                "a",
                0,
                1,
                endpoint(1, 1, HEALTHY),
                endpoint(2, 2, HEALTHY),
                endpoint(3, 7, HEALTHY)));
    Map<Integer, Integer> counts = counts(balancer, 20_000);
    assertThat(counts.get(1)).isBetween(1_800, 2_200);
    assertThat(counts.get(2)).isBetween(3_700, 4_300);
    assertThat(counts.get(3)).isBetween(13_600, 14_400);
  }

  @ParameterizedTest
  @MethodSource("algorithms")
  void equalWeights_withoutLoad_shareEvenly(Algorithm algorithm) {
    ClusterBalancer balancer =
        balancer(
            policy(algorithm, false),
            locality(
                "a",
                0,
                1,
                endpoint(1, 5, HEALTHY),
                endpoint(2, 5, HEALTHY),
                endpoint(3, 5, HEALTHY)));
    counts(balancer, 9_000).values().forEach(n -> assertThat(n).isBetween(2_800, 3_200));
  }

  @ParameterizedTest
  @MethodSource("algorithms")
  void onlyOneAdmitted_isFound(Algorithm algorithm) {
    ClusterBalancer balancer =
        balancer(
            policy(algorithm, false),
            locality(
                "a",
                0,
                1,
                endpoint(1, 1, HEALTHY),
                endpoint(2, 9, HEALTHY),
                endpoint(3, 9, HEALTHY)));
    admitted = host -> host.endpoint().address().getPort() == 1;
    assertThat(counts(balancer, 50)).containsOnlyKeys(1);
    admitted = host -> false;
    assertThat(balancer.pick(request, true)).isNull();
  }

  @Test
  void roundRobin_equalWeights_walksInOrderFromARandomStart() {
    ClusterBalancer balancer =
        balancer(
            policy(new Algorithm.RoundRobin(), false),
            locality(
                "a",
                0,
                1,
                endpoint(0, 1, HEALTHY),
                endpoint(1, 1, HEALTHY),
                endpoint(2, 1, HEALTHY)));
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ports.add(port(balancer.pick(request, false)));
    }
    for (int i = 1; i < 6; i++) {
      assertThat(ports.get(i)).isEqualTo((ports.get(i - 1) + 1) % 3);
    }
  }

  @Test
  void roundRobin_weights_areExactOverACycle() {
    ClusterBalancer balancer =
        balancer(
            policy(new Algorithm.RoundRobin(), false),
            locality("a", 0, 1, endpoint(1, 1, HEALTHY), endpoint(2, 3, HEALTHY)));
    Map<Integer, Integer> counts = counts(balancer, 4_000);
    assertThat(counts.get(1)).isBetween(998, 1_002);
  }

  @Test
  void leastRequest_busyHost_isAvoided() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality("a", 0, 1, endpoint(1, 1, HEALTHY), endpoint(2, 1, HEALTHY)));
    state(1).taken();
    assertThat(counts(balancer, 100)).containsOnlyKeys(2);
    state(2).taken();
    state(2).taken();
    assertThat(counts(balancer, 100)).containsOnlyKeys(1);
  }

  @Test
  void leastRequest_unequalWeights_keepLoadInProportion() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality("a", 0, 1, endpoint(1, 1, HEALTHY), endpoint(2, 4, HEALTHY)));
    for (int i = 0; i < 1_000; i++) {
      Objects.requireNonNull(balancer.pick(request, false)).state().taken();
    }
    assertThat(state(1).inFlight()).isBetween(150, 250);
  }

  @Test
  void health_unhealthyAndDraining_getNothing() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality(
                "a",
                0,
                1,
                endpoint(1, 1, HEALTHY),
                endpoint(2, 1, HEALTHY),
                endpoint(3, 1, UNHEALTHY),
                endpoint(4, 1, DRAINING)));
    assertThat(counts(balancer, 500)).containsOnlyKeys(1, 2);
  }

  @Test
  void health_degraded_takesTheRest() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality("a", 0, 1, endpoint(1, 1, HEALTHY), endpoint(2, 1, DEGRADED)));
    assertThat(counts(balancer, 10_000).get(1)).isBetween(6_800, 7_200);
  }

  @Test
  void panic_belowThreshold_usesAllButThoseThatDrain() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality(
                "a",
                0,
                1,
                endpoint(1, 1, HEALTHY),
                endpoint(2, 1, UNHEALTHY),
                endpoint(3, 1, UNHEALTHY),
                endpoint(4, 1, DRAINING)));
    assertThat(balancer.panic(0)).isTrue();
    assertThat(counts(balancer, 500)).containsOnlyKeys(1, 2, 3);
  }

  @Test
  void panic_switchedOff_failsWhenNobodyIsHealthy() {
    ClusterBalancer balancer =
        balancer(
            new BalancerPolicy(new Algorithm.Random(), false, 0, null),
            locality("a", 0, 1, endpoint(1, 1, UNHEALTHY)));
    assertThat(balancer.isEmpty()).isTrue();
    assertThat(balancer.pick(request, true)).isNull();
  }

  @Test
  void priority_halfHealthy_spillsThirtyPercent() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality("a", 0, 1, endpoint(1, 1, HEALTHY), endpoint(2, 1, UNHEALTHY)),
            locality("b", 1, 1, endpoint(3, 1, HEALTHY)));
    assertThat(counts(balancer, 10_000).get(3)).isBetween(2_800, 3_200);
  }

  @Test
  void priority_nobodyAdmitted_asksTheOthersOnlyIfAllowed() {
    ClusterBalancer balancer =
        balancer(
            BalancerPolicy.DEFAULT,
            locality("a", 0, 1, endpoint(1, 1, HEALTHY)),
            locality("b", 1, 1, endpoint(2, 1, HEALTHY)));
    admitted = host -> host.priority() == 1;
    assertThat(balancer.pick(request, false)).isNull();
    assertThat(port(balancer.pick(request, true))).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"100, 33", "70, 33", "69, 32", "50, 26", "25, 15", "0, 0"})
  void locality_weight_isScaledByAvailability(int healthyPercent, int percentToX) {
    Endpoint[] x = new Endpoint[100];
    for (int i = 0; i < x.length; i++) {
      x[i] = endpoint(1000 + i, 1, i < healthyPercent ? HEALTHY : UNHEALTHY);
    }
    ClusterBalancer balancer =
        balancer(
            new BalancerPolicy(new Algorithm.Random(), true, 0, null),
            locality("x", 0, 1, x),
            locality("y", 0, 2, endpoint(1, 1, HEALTHY)));
    int picks = 20_000;
    int toY = counts(balancer, picks).getOrDefault(1, 0);
    assertThat(100.0 * (picks - toY) / picks).isBetween(percentToX - 1.5, percentToX + 1.5);
  }

  @Test
  void locality_withoutWeight_getsNothing() {
    ClusterBalancer balancer =
        balancer(
            policy(new Algorithm.Random(), true),
            locality("x", 0, 0, endpoint(1, 1, HEALTHY)),
            locality("y", 0, 1, endpoint(2, 1, HEALTHY)));
    assertThat(counts(balancer, 200)).containsOnlyKeys(2);
  }

  @Test
  void state_unreachable_isAvoidedForAWhileThatDoubles() {
    EndpointState state = new EndpointState();
    state.unreachable(0);
    assertThat(state.avoided(999_999_999L)).isTrue();
    assertThat(state.avoided(1_000_000_000L)).isFalse();
    state.unreachable(1_000_000_000L);
    assertThat(state.avoided(2_999_999_999L)).isTrue();
    assertThat(state.avoided(3_000_000_000L)).isFalse();
    state.reachable();
    state.unreachable(5_000_000_000L);
    assertThat(state.avoided(6_000_000_000L)).isFalse();
  }
}
