package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Trait.locality;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.Registration.Health;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.Trait;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a DestinationRule says about endpoints: LB-01, LB-05, LB-06, LB-08, LB-11, LB-18, LB-19,
 * LB-22, HC-01, HC-11.
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
    world.until(
        "both are connected",
        () -> call(web) && !a.requests().isEmpty() && !b.requests().isEmpty());
    assertThat(web.get(GET, 40).byHost())
        .containsExactlyInAnyOrderEntriesOf(Map.of(a.host(), 20L, b.host(), 20L));
  }

  @OverEveryTransport
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

  private static void hashes(World world) throws Exception {
    for (int i = 0; i < 3; i++) {
      world.serve("orders", ok());
    }
    Caller web = world.client("web");
    Map<String, String> byUser = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      String user = "user-" + i % 20;
      Answer answer = web.call(Request.get(GET).header("x-user", user));
      assertThat(answer).isOk();
      String first = byUser.putIfAbsent(user, answer.host());
      assertThat(answer.host()).isEqualTo(first == null ? answer.host() : first);
    }
    assertThat(new HashSet<>(byUser.values())).hasSize(3);
    // Another process agrees.
    Caller other = world.client("mobile");
    for (Map.Entry<String, String> entry : byUser.entrySet()) {
      assertThat(other.call(Request.get(GET).header("x-user", entry.getKey())).host())
          .isEqualTo(entry.getValue());
    }
  }

  @OverEveryTransport
  void hashCookie_isGenerated_andSticks(World world) throws Exception {
    configure(
        world, "loadBalancer: {consistentHash: {httpCookie: {name: shop, path: /, ttl: 1h}}}");
    for (int i = 0; i < 4; i++) {
      world.serve("orders", ok());
    }
    Caller web = world.client("web");
    Set<String> hosts = new HashSet<>();
    for (int i = 0; i < 8; i++) {
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

  @OverEveryTransport
  void sourceIp_allCallsOfAProcess_goToOneInstance(World world) throws Exception {
    configure(world, "loadBalancer: {consistentHash: {useSourceIp: true}}");
    for (int i = 0; i < 3; i++) {
      world.serve("orders", ok());
    }
    assertThat(world.client("web").get(GET, 20).byHost()).hasSize(1);
  }

  @OverEveryTransport
  void failingInstance_isEjected(World world) throws Exception {
    configure(world, EJECT);
    Instance broken = world.serve("orders", status(503));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("it has failed often enough", () -> broken.requests().size() >= 3 || !call(web));
    // It is ejected on the control loop, a moment after the answer that was one too many.
    world.until("it is ejected", () -> allGood(web));
    Tally tally = web.get(GET, 40);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).containsOnlyKeys(good.host());
  }

  private static boolean allGood(Caller web) {
    try {
      return web.get(GET, 10).failures().isEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static boolean call(Caller web) {
    try {
      web.get(GET);
      return true;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
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
    world.serve("orders", ok(), locality("us/c/1"));
    world.serve("orders", ok(), locality("us/d/1"));
    Tally tally = world.client("web", locality("eu/b/1")).get(GET, 300);
    assertThat(tally.failures()).isEmpty();
    assertThat((double) tally.byHost().getOrDefault(near.host(), 0L) / 300)
        .isCloseTo(0.8, within(0.11));
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void zoneAware_asManyStay_asTheZoneHasEndpointsFor(World world) throws Exception {
    configure(world, "loadBalancer: {zoneAwareLbSetting: {minClusterSize: 5}}");
    Instance near = world.serve("orders", ok(), locality("eu/a"));
    for (int i = 0; i < 4; i++) {
      world.serve("orders", ok(), locality("eu/b"));
    }
    Instance abroad = world.serve("orders", ok(), locality("us/a"));
    Caller web = world.serve("web", ok(), locality("eu/a")).caller();
    world.serve("web", ok(), locality("eu/b"));
    world.serve("web", ok(), locality("eu/b"));
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
    world.serve("orders", ok());
    world.serve("orders", ok());
    assertThat(world.client("web").get(GET, 20).byHost()).hasSize(2);
    Caller mobile = world.clientIn("mobile", "app");
    assertThat(mobile.get("orders.default/shop.Orders/Get", 20).byHost()).hasSize(1);
  }

  // ---- what a RoutePolicy of the service says ----

  @OverEveryTransport
  void peakEwma_slowInstance_getsLittle(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "loadBalancer: {peakEwma: {}}"));
    Instance slow = world.serve("orders", ok().after(Duration.ofMillis(40)));
    world.serve("orders", ok());
    Tally tally = world.client("web").get(GET, 60);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost().getOrDefault(slow.host(), 0L)).isLessThan(15);
  }

  @OverEveryTransport
  void failureAccrual_shutsAnInstance_thatFailsInARow(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "failureAccrual: {maxFailures: 3, minPenalty: 1h, maxPenalty: 1h}"));
    Instance broken = world.serve("orders", status(503));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("it has failed often enough", () -> broken.requests().size() >= 3 || !call(web));
    world.until("it is shut", () -> allGood(web));
    Tally tally = web.get(GET, 40);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).containsOnlyKeys(good.host());
  }

  /** The same ones whenever the process starts, and whoever else leaves. */
  @OverEveryTransport
  void subset_aClientUsesOnlySoMany_alwaysTheSame(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "loadBalancer: {subsetSize: 2}"));
    Map<String, Instance> instances = new HashMap<>();
    for (int i = 0; i < 5; i++) {
      Instance instance = world.serve("orders", ok());
      instances.put(instance.host(), instance);
    }
    Trait same = config -> config.instance("web-of-old");
    Set<String> used = world.client("web", same).get(GET, 40).byHost().keySet();
    assertThat(used).hasSize(2);
    Caller again = world.client("web", same);
    assertThat(again.get(GET, 40).byHost()).containsOnlyKeys(used);
    instances.keySet().removeAll(used);
    instances.values().iterator().next().stop();
    assertThat(again.get(GET, 40).byHost()).containsOnlyKeys(used);
  }
}
