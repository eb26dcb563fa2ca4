package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.ZoneAware;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Snapshots;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first row of the table is the worked example of Envoy's documentation. */
class ZoneAwareTest {
  private static final Locality OWN = zone(0);

  private static Locality zone(int index) {
    return new Locality("eu", "z" + index, "");
  }

  private static ZoneAware policy(int minClusterSize, boolean forceLocal, String callers) {
    return new ZoneAware(100, minClusterSize, false, forceLocal, callers(callers, Health.HEALTHY));
  }

  /** So many callers in each zone; this process is in the first. */
  private static ZoneAware.Callers callers(String counts, Health health) {
    Endpoint caller = Snapshots.endpoint("127.0.0.1", 1, 1, health);
    List<LocalityEndpoints> localities = new ArrayList<>();
    String[] each = counts.split(" ");
    for (int i = 0; i < each.length; i++) {
      localities.add(
          new LocalityEndpoints(
              zone(i), 0, 1, Collections.nCopies(Integer.parseInt(each[i]), caller)));
    }
    return new ZoneAware.Callers(OWN, localities);
  }

  /** So many healthy endpoints in each zone; {@code -}: none of any health. */
  private static List<ZoneShares.Zone> zones(String healthy) {
    List<ZoneShares.Zone> zones = new ArrayList<>();
    String[] each = healthy.split(" ");
    for (int i = 0; i < each.length; i++) {
      if (!each[i].equals("-")) {
        zones.add(new ZoneShares.Zone(zone(i), Integer.parseInt(each[i])));
      }
    }
    return zones;
  }

  @ParameterizedTest
  @CsvSource({
    "4 4 2, 1 2 1, 6250 2500 1250",
    // Half of the calls of a fifth of the callers stay with a tenth of the endpoints.
    "2 8, 1 9, 5000 5000",
    // As many endpoints as callers, or more: all stay.
    "1 1, 3 3, 10000 0",
    "1 2, 2 1, 10000 0",
    "2 1, 1 2, 5000 5000",
    // Nobody is left in the own zone, or nobody ever was.
    "1 1, 0 6, 0 10000",
    "2 1 1, - 3 3, 5000 5000",
    // A zone without callers takes what its endpoints can; one without endpoints takes nothing.
    "2 1 0, 1 1 1, 5000 0 5000",
    "3 1 1, 1 1 -, 8333 1667",
    // What is lost by rounding leaves no surplus anywhere: any zone will do.
    "3334 3333 3333, 1 1 1, 9998 1 1"
  })
  void shares_followFromCallersAndEndpoints(String callers, String healthy, String shares) {
    double[] expected =
        List.of(shares.split(" ")).stream().mapToDouble(Double::parseDouble).toArray();
    assertThat(ZoneShares.of(policy(1, false, callers), 50, zones(healthy)))
        .containsExactly(expected, within(0.5));
  }

  @ParameterizedTest
  @CsvSource({
    "too few endpoints, 6, 1 1, 2 3",
    "endpoints in one zone only, 1, 1 1, 6",
    "callers in one zone only, 1, 3, 3 3",
    "no other caller is known in this zone, 1, 0 3 3, 2 2 2"
  })
  void notInForce_allEndpointsAlike(String why, int min, String callers, String healthy) {
    assertThat(ZoneShares.of(policy(min, false, callers), 50, zones(healthy))).as(why).isNull();
  }

  @Test
  void callersUnknownOrInPanic_notInForce() {
    ZoneAware unknown = policy(1, false, "1 1").among(null);
    ZoneAware sick = unknown.among(callers("1 1", Health.UNHEALTHY));
    assertThat(ZoneShares.of(unknown, 50, zones("1 1"))).isNull();
    assertThat(ZoneShares.of(sick, 50, zones("1 1"))).isNull();
  }

  @Test
  void forceLocal_staysWhateverTheShares_unlessNobodyIsHealthy() {
    assertThat(ZoneShares.of(policy(1, true, "9"), 50, zones("1 9"))).containsExactly(10_000, 0);
    assertThat(ZoneShares.of(policy(1, true, "9"), 50, zones("0 9"))).containsExactly(0, 10_000);
  }

  // ---- through the balancer ----

  private final Randomness random = FakeMesh.seeded(7);

  /** The share of picks that each port has; port {@code 100 * zone + n} is in that zone. */
  private Map<Integer, Double> zoneShares(BalancerPolicy policy, Health health, int... counts) {
    List<LocalityEndpoints> localities = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      List<Endpoint> endpoints = new ArrayList<>();
      for (int n = 0; n < counts[i]; n++) {
        endpoints.add(Snapshots.endpoint("127.0.0.1", 100 * (i + 1) + n, 1, health));
      }
      localities.add(new LocalityEndpoints(zone(i), 0, 1, endpoints));
    }
    ClusterBalancer balancer =
        new BalancerCompiler(new BuiltInPickers(), 0)
            .compile(
                Snapshots.cluster("c", "s", localities),
                new HostTable(localities, address -> new EndpointState()),
                new PickerFactory.Setting(policy, new ManualClock(), random),
                null);
    PickRequest request = Hosts.request(random, null, host -> true);
    Map<Integer, Double> shares = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      @Nullable Host host = balancer.pick(request, true);
      if (host != null) {
        shares.merge(Hosts.port(host) / 100 - 1, 1 / 10_000.0, Double::sum);
      }
    }
    return shares;
  }

  private static BalancerPolicy balanced(ZoneAware zones) {
    return BalancerPolicy.DEFAULT.withZoneAware(zones);
  }

  @Test
  void picks_followTheShares() {
    Map<Integer, Double> shares =
        zoneShares(balanced(policy(1, false, "4 4 2")), Health.HEALTHY, 1, 2, 1);
    assertThat(shares.get(0)).isCloseTo(0.625, within(0.03));
    assertThat(shares.get(1)).isCloseTo(0.25, within(0.03));
    assertThat(shares.get(2)).isCloseTo(0.125, within(0.03));
  }

  @Test
  void routingEnabled_isTheShareOfCalls_thatZonesMatterFor() {
    ZoneAware half = new ZoneAware(50, 1, false, false, callers("1 1", Health.HEALTHY));
    assertThat(zoneShares(balanced(half), Health.HEALTHY, 3, 3).get(0))
        .isCloseTo(0.75, within(0.03));
  }

  @Test
  void panic_usesAllZones_orFails() {
    ZoneAware zones = policy(1, false, "1 1");
    assertThat(zoneShares(balanced(zones), Health.UNHEALTHY, 3, 3).get(0))
        .isCloseTo(0.5, within(0.03));
    ZoneAware failing = new ZoneAware(100, 1, true, false, zones.callers());
    assertThat(zoneShares(balanced(failing), Health.UNHEALTHY, 3, 3)).isEmpty();
    ZoneAware sickCallers = failing.among(callers("1 1", Health.UNHEALTHY));
    assertThat(zoneShares(balanced(sickCallers), Health.HEALTHY, 3, 3)).isEmpty();
  }
}
