package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Trait.locality;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.Registration.Health;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a DestinationRule says about endpoints: LB-01, LB-03, LB-05, LB-06, LB-08, LB-15, LB-17,
 * LB-18, LB-19, LB-20, HC-01.
 */
class EndpointChoiceTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String EJECT =
      "outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 1h, maxEjectionPercent: 100}";

  private static void configure(World world, String policy) throws Exception {
    world.config(versions("orders"), destination("orders", policy));
  }

  @OverEveryTransport
  void roundRobin_takesTurns(World world) throws Exception {
    configure(world, "loadBalancer: {simple: ROUND_ROBIN}");
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, a, b);
    assertThat(web.get(GET, 40).byHost())
        .containsExactlyInAnyOrderEntriesOf(Map.of(a.host(), 20L, b.host(), 20L));
  }

  @OverEveryTransport
  void random_evenShares_withoutTurns(World world) throws Exception {
    configure(world, "loadBalancer: {simple: RANDOM}");
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, a, b);
    Tally tally = web.get(GET, 200);
    // 100 ± 7.1; beyond these bounds with a probability below 10⁻⁹.
    assertThat(tally.byHost().getOrDefault(a.host(), 0L)).isBetween(56L, 144L);
    List<String> hosts = tally.answers().stream().map(Answer::host).toList();
    assertThat(IntStream.range(1, 200).filter(i -> hosts.get(i).equals(hosts.get(i - 1))))
        .isNotEmpty();
  }

  /**
   * Of two that take turns, one that is back for a tenth of its time gets an eleventh. How old it
   * was at a call is known no better than by the clock: a slow machine widens the bound.
   */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.BLOCKING)
  void warmup_whoComesBack_getsMoreByAndBy(World world) throws Exception {
    configure(world, "loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1s}}");
    world.serve("orders", ok());
    Instance renewed = world.serve("orders", ok());
    renewed.health(Health.UNHEALTHY);
    Caller web = world.client("web");
    assertThat(web.get(GET, 20).byHost()).hasSize(1);
    long known = System.nanoTime();
    world.until("the other one is warm", () -> System.nanoTime() - known > 1_000_000_000L);
    long back = System.nanoTime();
    renewed.health(Health.HEALTHY);
    double expected = 0;
    long calls = 0;
    for (int i = 0; i < 200; i++) {
      calls += web.get(GET).host().equals(renewed.host()) ? 1 : 0;
      double weight = Math.min(1, Math.max(0.1, (System.nanoTime() - back) / 1e9));
      expected += weight / (1 + weight);
    }
    // Without warm-up it would be 100; with it, above this with a probability below 10⁻⁹.
    assertThat((double) calls).isLessThan(2 * expected + 20);
    world.until(
        "it takes its turns",
        () -> web.get(GET, 20).byHost().getOrDefault(renewed.host(), 0L) == 10);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void ringHash_sameKey_sameInstance(World world) throws Exception {
    configure(world, "loadBalancer: {consistentHash: {httpHeaderName: x-user}}");
    hashes(world);
  }

  @OverEveryTransport
  void maglev_sameKey_sameInstance(World world) throws Exception {
    configure(
        world,
        "loadBalancer: {consistentHash: {httpHeaderName: x-user, maglev: {tableSize: 251}}}");
    hashes(world);
  }

  /** What has no key goes anywhere: thus a process has met them all. */
  private static Instance[] instances(World world, int count) throws Exception {
    Instance[] instances = new Instance[count];
    for (int i = 0; i < count; i++) {
      instances[i] = world.serve("orders", ok());
    }
    return instances;
  }

  private static void hashes(World world) throws Exception {
    Instance[] instances = instances(world, 3);
    Caller web = world.client("web");
    web.meet(GET, instances);
    Map<String, String> byUser = new HashMap<>();
    // Enough users that each instance has some, but for one in 10⁹ times.
    for (int i = 0; i < 120; i++) {
      String user = "user-" + i % 60;
      Answer answer = web.call(Request.get(GET).header("x-user", user));
      assertThat(answer).isOk();
      String first = byUser.putIfAbsent(user, answer.host());
      assertThat(answer.host()).isEqualTo(first == null ? answer.host() : first);
    }
    assertThat(new HashSet<>(byUser.values())).hasSize(3);
    // Another process agrees.
    Caller other = world.client("mobile");
    other.meet(GET, instances);
    for (Map.Entry<String, String> entry : byUser.entrySet()) {
      assertThat(other.call(Request.get(GET).header("x-user", entry.getKey())).host())
          .isEqualTo(entry.getValue());
    }
  }

  @OverEveryTransport
  void hashCookie_isGenerated_andSticks(World world) throws Exception {
    configure(
        world, "loadBalancer: {consistentHash: {httpCookie: {name: shop, path: /, ttl: 1h}}}");
    Instance[] instances = instances(world, 4);
    Caller web = world.client("web");
    web.meet(GET, instances);
    Set<String> hosts = new HashSet<>();
    for (int i = 0; i < 16; i++) {
      Answer first = web.get(GET);
      String cookie = Objects.requireNonNull(first.headers().get("set-cookie"), first::toString);
      assertThat(cookie).matches("shop=\"[0-9a-f]{16}\"; Max-Age=3600; Path=/; HttpOnly");
      String pair = cookie.substring(0, cookie.indexOf(';'));
      Answer second = web.call(Request.get(GET).header("cookie", pair));
      assertThat(second.host()).isEqualTo(first.host());
      assertThat(second).lacksHeader("set-cookie");
      hosts.add(first.host());
    }
    assertThat(hosts).hasSizeGreaterThan(1);
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C})
  void hashQueryParameter_sameValue_sameInstance(World world) throws Exception {
    configure(world, "loadBalancer: {consistentHash: {httpQueryParameterName: user}}");
    Instance[] instances = instances(world, 3);
    Caller web = world.client("web");
    web.meet(GET, instances);
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 60; i++) {
      Set<String> hosts = web.get(GET + "?page=1&user=u" + i, 2).byHost().keySet();
      assertThat(hosts).hasSize(1);
      all.addAll(hosts);
    }
    assertThat(all).hasSize(3);
  }

  @OverEveryTransport
  void sourceIp_allCallsOfAProcess_goToOneInstance(World world) throws Exception {
    configure(world, "loadBalancer: {consistentHash: {useSourceIp: true}}");
    instances(world, 3);
    Caller web = world.client("web");
    world.until("all go to one", () -> web.get(GET, 32).byHost().size() == 1);
  }

  @OverEveryTransport
  void failingInstance_isEjected(World world) throws Exception {
    configure(world, EJECT);
    Instance broken = world.serve("orders", status(503));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, broken, good);
    world.until("it is ejected", () -> web.reaches(GET, good));
    assertThat(broken.requests()).hasSizeGreaterThanOrEqualTo(3);
    Tally tally = web.get(GET, 40);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).containsOnlyKeys(good.host());
  }

  @OverEveryTransport
  void locality_nearInstancesFirst_othersWhenTheyFail(World world) throws Exception {
    configure(world, EJECT);
    Instance near = world.serve("orders", ok(), locality("eu/a/1"));
    Instance far = world.serve("orders", ok(), locality("us/c/1"));
    Caller web = world.client("web", locality("eu/a/1"));
    Tally tally = web.get(GET, 30);
    assertThat(tally.byHost()).containsOnlyKeys(near.host());
    near.health(Health.UNHEALTHY);
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(far.host());
    near.health(Health.HEALTHY);
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(near.host());
  }

  @OverEveryTransport
  void locality_distribute_givesShares(World world) throws Exception {
    configure(
        world,
        EJECT
            + "\nloadBalancer: {localityLbSetting: {distribute: "
            + "[{from: eu/*, to: {eu/a/*: 80, us/*: 20}}]}}");
    Instance near = world.serve("orders", ok(), locality("eu/a/1"));
    Instance far = world.serve("orders", ok(), locality("us/c/1"));
    Instance other = world.serve("orders", ok(), locality("us/d/1"));
    Caller web = world.client("web", locality("eu/b/1"));
    web.meet(GET, near, far, other);
    Tally tally = web.get(GET, 300);
    assertThat(tally.failures()).isEmpty();
    assertThat((double) tally.byHost().getOrDefault(near.host(), 0L) / 300)
        .isCloseTo(0.8, within(0.145));
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void zoneAware_asManyStay_asTheZoneHasEndpointsFor(World world) throws Exception {
    configure(world, "loadBalancer: {zoneAwareLbSetting: {minClusterSize: 5}}");
    Instance near = world.serve("orders", ok(), locality("eu/a"));
    List<Instance> region = new ArrayList<>(List.of(near));
    for (int i = 0; i < 4; i++) {
      region.add(world.serve("orders", ok(), locality("eu/b")));
    }
    Instance abroad = world.serve("orders", ok(), locality("us/a"));
    Caller web = world.serve("web", ok(), locality("eu/a")).caller();
    world.serve("web", ok(), locality("eu/b"));
    world.serve("web", ok(), locality("eu/b"));
    web.meet(GET, region.toArray(new Instance[0]));
    world.settle(); // it asks who else calls as soon as it calls
    // A third of the callers, a fifth of the endpoints: three of five calls stay. 120 ± 7.
    Tally tally = web.get(GET, 200);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).doesNotContainKey(abroad.host()).hasSize(5);
    assertThat(tally.byHost().getOrDefault(near.host(), 0L)).isBetween(78L, 162L);
    // Too few endpoints in the region, and zones do not matter: 40 ± 6.
    world.config(
        versions("orders"),
        destination("orders", "loadBalancer: {zoneAwareLbSetting: {minClusterSize: 6}}"));
    assertThat(web.get(GET, 200).byHost().getOrDefault(near.host(), 0L)).isBetween(6L, 74L);
  }

  @OverEveryTransport
  void failoverPriority_endpointsWithTheLabelFirst(World world) throws Exception {
    configure(
        world, EJECT + "\nloadBalancer: {localityLbSetting: {failoverPriority: [version=v2]}}");
    Instance other = world.serve("orders", ok(), version("v1"), locality("eu/a"));
    Instance first = world.serve("orders", ok(), version("v2"), locality("eu/b"));
    Caller web = world.client("web", locality("eu/a"));
    assertThat(web.get(GET, 30).byHost()).containsOnlyKeys(first.host());
    first.health(Health.UNHEALTHY);
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(other.host());
  }

  /** A third is healthy. */
  @OverEveryTransport
  void minHealthPercent_belowIt_healthIsNotBelieved(World world) throws Exception {
    configure(world, "outlierDetection: {minHealthPercent: 34}");
    Instance well = world.serve("orders", ok());
    Instance sick = world.serve("orders", ok());
    Instance second = world.serve("orders", ok());
    sick.health(Health.UNHEALTHY);
    second.health(Health.UNHEALTHY);
    Caller web = world.client("web");
    web.meet(GET, well, sick, second);
    configure(world, "outlierDetection: {minHealthPercent: 33}");
    assertThat(web.get(GET, 30).byHost()).containsOnlyKeys(well.host());
  }

  @OverEveryTransport
  void trafficDistribution_prefersTheZone(World world) throws Exception {
    world.config(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: orders}
        spec: {selector: {app: orders}, ports: [{port: 80}], trafficDistribution: PreferSameZone}
        """);
    Instance near = world.serve("orders", ok(), locality("eu/a"));
    world.serve("orders", ok(), locality("eu/b"));
    Caller web = world.client("web", locality("eu/a"));
    assertThat(web.get(GET, 30).byHost()).containsOnlyKeys(near.host());
  }

  @OverEveryTransport
  void rule_ofTheCallersNamespace_goesFirst(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "loadBalancer: {simple: ROUND_ROBIN}"),
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: orders, namespace: mobile}
        spec:
          host: orders.default.svc.cluster.local
          trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}
        """);
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    world.client("web").meet(GET, a, b);
    Caller mobile = world.clientIn("mobile", "app");
    world.until(
        "all go to one",
        () -> mobile.get("orders.default/shop.Orders/Get", 32).byHost().size() == 1);
  }
}
