package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.BalancerPolicy.SlowStart;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.Snapshots;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every balancer whatever comes, goes, fails and drains, in any order. */
class ChurnTest {
  private static final int ROUNDS = 300;
  private static final int PICKS = 30;
  private static final List<Health> HEALTHS = List.of(Health.values());

  private final ManualClock clock = new ManualClock();
  private final Randomness random = FakeMesh.seeded(11);
  private final Map<InetSocketAddress, EndpointState> states = new HashMap<>();

  static Stream<BalancerPolicy> policies() {
    return Stream.of(
            new Algorithm.RoundRobin(),
            new Algorithm.LeastRequest(2, 1),
            new Algorithm.Random(),
            new Algorithm.RingHash(64, 256),
            new Algorithm.Maglev(251),
            new Algorithm.PickFirst(true),
            new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null),
            new Algorithm.Utilization(
                false,
                Duration.ofSeconds(10),
                Duration.ZERO,
                Duration.ofMinutes(3),
                Duration.ofSeconds(1),
                1))
        .flatMap(
            algorithm ->
                Stream.of(
                    new BalancerPolicy(algorithm, false, 0, null),
                    new BalancerPolicy(
                        algorithm, true, 0, new SlowStart(Duration.ofMinutes(1), 1, 10)),
                    new BalancerPolicy(algorithm, false, 0, null).withSubset(3)));
  }

  @ParameterizedTest
  @MethodSource("policies")
  void picks_areAdmitted_known_andHealthy(BalancerPolicy policy) {
    BalancerCompiler compiler = new BalancerCompiler(new BuiltInPickers(), 5);
    PickerFactory.Setting setting = new PickerFactory.Setting(policy, clock, random);
    ClusterBalancer balancer = null;
    for (int round = 0; round < ROUNDS; round++) {
      Map<InetSocketAddress, Health> current = new HashMap<>();
      Cluster cluster = cluster(current);
      eject();
      balancer =
          compiler.compile(
              cluster,
              new HostTable(cluster.localities(), this::state).complete(),
              setting,
              balancer);
      balancer.refreshed().forEach(picker -> picker.refresh(clock.nanoTime()));
      Set<EndpointState> refused = new HashSet<>();
      for (int i = 0; i < PICKS; i++) {
        PickRequest request =
            Hosts.request(
                random,
                policy.algorithm().hashes() ? random.nextLong() : null,
                host -> !refused.contains(host.state()));
        Host host = balancer.pick(request, true);
        if (host == null) {
          if (policy.subsetSize() == 0 && refused.isEmpty()) {
            assertThat(usable(current)).as("round %d", round).isZero();
          }
          break;
        }
        InetSocketAddress address = host.endpoint().address();
        assertThat(refused).doesNotContain(host.state());
        assertThat(current.get(address)).isIn(Health.HEALTHY, Health.DEGRADED);
        assertThat(host.state()).isSameAs(states.get(address));
        assertThat(host.state().health().usable()).isTrue();
        host.state().taken();
        if (random.nextInt(4) == 0) {
          refused.add(host.state());
        }
      }
      clock.advanceMillis(500);
    }
  }

  private long usable(Map<InetSocketAddress, Health> current) {
    return current.entrySet().stream()
        .filter(each -> each.getValue() == Health.HEALTHY || each.getValue() == Health.DEGRADED)
        .map(each -> Objects.requireNonNull(states.get(each.getKey())))
        .filter(state -> state.health().usable())
        .count();
  }

  /** Up to twelve endpoints of thirty, somewhere, in some state. */
  private Cluster cluster(Map<InetSocketAddress, Health> current) {
    Map<Integer, List<Endpoint>> places = new HashMap<>();
    int count = random.nextInt(13);
    for (int i = 0; i < count; i++) {
      Endpoint endpoint =
          Snapshots.endpoint(
              "127.0.0.1",
              1 + random.nextInt(30),
              1 + random.nextInt(5),
              HEALTHS.get(random.nextInt(HEALTHS.size())));
      if (current.putIfAbsent(endpoint.address(), endpoint.health()) == null) {
        places.computeIfAbsent(random.nextInt(4), p -> new ArrayList<>()).add(endpoint);
      }
    }
    List<LocalityEndpoints> localities = new ArrayList<>();
    places.forEach(
        (place, endpoints) ->
            localities.add(
                new LocalityEndpoints(
                    new Locality("r", "z" + place, ""), place / 2, 1 + place, endpoints)));
    return Snapshots.cluster("c", "s", localities);
  }

  private EndpointState state(InetSocketAddress address) {
    return states.computeIfAbsent(address, added -> new EndpointState(clock.nanoTime()));
  }

  /** Some are ejected, some are back. */
  private void eject() {
    for (EndpointState state : states.values()) {
      if (random.nextInt(5) == 0) {
        if (state.health().ejected()) {
          state.health().back(clock.nanoTime());
        } else {
          state.health().ejection.begin(Outliers.defaults().build(), 0, clock.nanoTime());
        }
      }
    }
  }

  @Test
  void ejections_neverExceedTheirShare_whateverFails() {
    for (int maxPercent : new int[] {0, 10, 33, 50, 99}) {
      int percent = maxPercent;
      OutlierDetector detector = new OutlierDetector(clock, random, new Silent());
      List<EndpointState> hosts = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        int size = 1 + random.nextInt(12);
        while (hosts.size() < size) {
          hosts.add(new EndpointState());
        }
        List<EndpointState> ejectedBefore = ejected(hosts);
        while (hosts.size() > size) {
          hosts.remove(random.nextInt(hosts.size()));
        }
        detector.watch(
            Outliers.defaults().maxEjectionPercent(percent).enforcingFailurePercentage(100).build(),
            hosts);
        for (int i = 0; i < 100; i++) {
          EndpointState host = hosts.get(random.nextInt(hosts.size()));
          detector.responded(host, random.nextInt(3) == 0 ? 200 : 503);
        }
        clock.advanceMillis(random.nextInt(20_000));
        // Who was ejected before others left stays so; nobody joins them beyond the share.
        List<EndpointState> fresh = ejected(hosts);
        if (!ejectedBefore.containsAll(fresh)) {
          assertThat(100.0 * fresh.size() / hosts.size()).isLessThanOrEqualTo(percent);
        }
      }
      detector.close();
    }
  }

  private static List<EndpointState> ejected(List<EndpointState> hosts) {
    return hosts.stream().filter(state -> state.health().ejected()).toList();
  }

  private static final class Silent implements HealthListener {
    @Override
    public void changed() {}

    @Override
    public void detected(Detector by, boolean enforced) {}

    @Override
    public void overflow() {}

    @Override
    public void ejections(int change) {}
  }
}
