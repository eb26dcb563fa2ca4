package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Trait.locality;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Registration.Health;
import io.inmesh.call.LoadReport;
import io.inmesh.call.MeshHeaders;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/**
 * One control server, one set of endpoints, three clients: {@code mesh:///}, HTTP, and stock gRPC's
 * {@code xds:///}. They must spread the same calls alike. Where chance decides, stock gRPC's cannot
 * be seeded, so bounds are so wide that a right client misses one with a probability below 10⁻⁹ and
 * so narrow that the usual wrong one does not hit it.
 */
class DifferentialTest {
  private static final String GET = "orders/shop.Orders/Get";

  /** Chi-square of two degrees of freedom is above this with a probability of 10⁻⁹. */
  private static final double CHI_SQUARE_2 = 41.4;

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void roundRobin_everyInstanceTheSame(World world) throws Exception {
    world.config(versions("orders"), destination("orders", "loadBalancer: {simple: ROUND_ROBIN}"));
    List<Instance> instances = serve(world, 3);
    for (Map.Entry<String, Caller> client : world.everyClient("web").entrySet()) {
      until(world, client, batch -> batch.byHost().size() == 3);
      assertThat(client.getValue().get(GET, 60).byHost().values())
          .as(client.getKey())
          .hasSize(instances.size())
          .containsOnly(20L);
    }
  }

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void leastRequest_idle_byChance_busy_rarely(World world) throws Exception {
    world.config(
        versions("orders"), destination("orders", "loadBalancer: {simple: LEAST_REQUEST}"));
    Map<String, Caller> clients = world.everyClient("web");
    CountDownLatch latch = new CountDownLatch(1);
    Instance busy = world.serveEveryClient("orders", ok().after(latch));
    List<Pending> held = new ArrayList<>();
    for (Caller client : clients.values()) {
      for (int i = 0; i < 3; i++) {
        held.add(client.start(Request.get(GET)));
      }
    }
    world.until("the calls are there", () -> busy.requests().size() == 9);
    busy.behave(ok());
    Instance[] idle = serve(world, 2).toArray(new Instance[0]);
    for (Map.Entry<String, Caller> client : clients.entrySet()) {
      client.getValue().meet(GET, idle);
      Tally tally = client.getValue().get(GET, 600);
      assertThat(tally.failures()).isEmpty();
      // Only where both choices fall on it: never where they differ, else a ninth, 67 ± 7.7. By
      // chance alone it would be 200 ± 12.
      assertThat(tally.byHost().getOrDefault(busy.host(), 0L)).as(client.getKey()).isLessThan(130);
    }
    latch.countDown();
    for (Pending call : held) {
      assertThat(call.await()).isOk();
    }
    for (Map.Entry<String, Caller> client : clients.entrySet()) {
      until(world, client, batch -> batch.byHost().size() == 3);
      double chiSquare = 0;
      for (long calls : client.getValue().get(GET, 300).byHost().values()) {
        chiSquare += (calls - 100) * (calls - 100) / 100.0;
      }
      assertThat(chiSquare).as(client.getKey()).isLessThan(CHI_SQUARE_2);
    }
  }

  /** Where keys go differs, as stock gRPC hashes addresses in a way of its own. */
  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void ringHash_spreadAndStability(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "loadBalancer: {consistentHash: {httpHeaderName: x-user}}"));
    List<Instance> instances = serve(world, 4);
    Map<String, Caller> clients = world.everyClient("web");
    Map<String, Map<String, String>> before = new HashMap<>();
    for (Map.Entry<String, Caller> client : clients.entrySet()) {
      client.getValue().meet(GET, instances.toArray(new Instance[0]));
      Map<String, String> hosts = byUser(client.getValue());
      before.put(client.getKey(), hosts);
      assertThat(byUser(client.getValue())).as(client.getKey()).isEqualTo(hosts);
      // 256 places of 1024 each: a share of a ring is 0.25 ± 0.014, of 300 keys then ± 0.029.
      for (Instance instance : instances) {
        assertThat(count(hosts, instance)).as(client.getKey()).isBetween(20L, 130L);
      }
    }
    assertThat(before.get("http")).as("ours agree").isEqualTo(before.get("mesh:///"));

    Instance gone = instances.get(0);
    gone.stop();
    for (Map.Entry<String, Caller> client : clients.entrySet()) {
      Map<String, String> then = before.getOrDefault(client.getKey(), Map.of());
      until(world, client, batch -> !batch.byHost().containsKey(gone.host()));
      Map<String, String> now = byUser(client.getValue());
      assertThat(count(now, gone)).isZero();
      long moved =
          now.keySet().stream()
              .filter(user -> !gone.host().equals(then.get(user)))
              .filter(user -> !Objects.equals(now.get(user), then.get(user)))
              .count();
      // The others get 86 more places each, which take 17 % of the 225; modulo would move 67 %.
      assertThat(moved).as(client.getKey()).isLessThan(100);
    }
  }

  /** Weights are requests per second by utilisation: 125 and 500. */
  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void utilization_sharesByWhatInstancesReport(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "loadBalancer: {utilization: {blackout: 0s, update: 100ms}}"));
    world.serveEveryClient("orders", ok().with(MeshHeaders.LOAD_METRICS_BIN, report(0.8)));
    Instance idle =
        world.serveEveryClient("orders", ok().with(MeshHeaders.LOAD_METRICS_BIN, report(0.2)));
    for (Map.Entry<String, Caller> client : world.everyClient("web").entrySet()) {
      until(world, client, batch -> batch.byHost().getOrDefault(idle.host(), 0L) >= 45);
      // No chance is involved, but where a schedule begins anew.
      assertThat(client.getValue().get(GET, 200).byHost().getOrDefault(idle.host(), 0L))
          .as(client.getKey())
          .isBetween(145L, 175L);
    }
  }

  private static String report(double utilization) {
    return Base64.getEncoder().encodeToString(new LoadReport(0, utilization, 100, 0).bytes());
  }

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void localityWeights_sameShares(World world) throws Exception {
    world.config(
        versions("orders"),
        destination(
            "orders",
            """
            outlierDetection: {}
            loadBalancer: {localityLbSetting: {distribute: [{from: eu/*, to: {eu/a/*: 70, us/*: 30}}]}}
            """));
    Instance near = world.serveEveryClient("orders", ok(), locality("eu/a"));
    world.serveEveryClient("orders", ok(), locality("us/c"));
    world.serveEveryClient("orders", ok(), locality("us/d"));
    for (Map.Entry<String, Caller> client : world.everyClient("web", locality("eu/b")).entrySet()) {
      until(world, client, batch -> batch.byHost().size() == 3);
      Tally tally = client.getValue().get(GET, 400);
      assertThat(tally.failures()).isEmpty();
      // 280 ± 9.2; two of three by the number of instances would be 133.
      assertThat(tally.byHost().getOrDefault(near.host(), 0L))
          .as(client.getKey())
          .isBetween(215L, 340L);
    }
  }

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void priorities_allToTheFirstThatLives(World world) throws Exception {
    world.config(versions("orders"), destination("orders", "outlierDetection: {}"));
    Instance near = world.serveEveryClient("orders", ok(), locality("eu/a"));
    Instance far = world.serveEveryClient("orders", ok(), locality("us/c"));
    Map<String, Caller> clients = world.everyClient("web", locality("eu/a"));
    allGoTo(world, clients, near);
    near.health(Health.UNHEALTHY);
    allGoTo(world, clients, far);
    near.health(Health.HEALTHY);
    allGoTo(world, clients, near);
  }

  /**
   * Two of four are healthy: times 1.4 that is 70 % of the calls, and 30 % go on, as Envoy does it.
   * Stock gRPC knows no such share: it stays as long as there is anybody.
   */
  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void priorities_partlyHealthy_spillOver_butForStockGrpc(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "loadBalancer: {simple: ROUND_ROBIN}\noutlierDetection: {}"));
    for (int i = 0; i < 4; i++) {
      Instance near = world.serveEveryClient("orders", ok(), locality("eu/a"));
      if (i < 2) {
        near.health(Health.UNHEALTHY);
      }
    }
    Instance far = world.serveEveryClient("orders", ok(), locality("us/c"));
    for (Map.Entry<String, Caller> client : world.everyClient("web", locality("eu/a")).entrySet()) {
      boolean stock = client.getKey().equals("xds:///");
      until(world, client, batch -> batch.byHost().size() == (stock ? 2 : 3));
      Tally tally = client.getValue().get(GET, 600);
      assertThat(tally.failures()).isEmpty();
      // 180 ± 11; without the factor 300 ± 12.
      assertThat(tally.byHost().getOrDefault(far.host(), 0L))
          .as(client.getKey())
          .isBetween(stock ? 0L : 110L, stock ? 0L : 256L);
    }
  }

  /**
   * Aggregate clusters: the priorities of one service after those of the other. Stock gRPC moves
   * when nobody can be reached, and not when discovery says that nobody is healthy.
   */
  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void failover_toAnotherService(World world) throws Exception {
    world.config(
        versions("orders"),
        versions("standby"),
        policy("orders", "failover: [{name: standby, port: 80}]"));
    Instance own = world.serveEveryClient("orders", ok());
    Instance other = world.serveEveryClient("standby", ok());
    Map<String, Caller> clients = world.everyClient("web");
    allGoTo(world, clients, own);
    own.kill();
    allGoTo(world, clients, other);
  }

  private static void allGoTo(World world, Map<String, Caller> clients, Instance instance)
      throws InterruptedException {
    for (Map.Entry<String, Caller> client : clients.entrySet()) {
      until(world, client, batch -> batch.byHost().keySet().equals(Set.of(instance.host())));
      assertThat(client.getValue().get(GET, 30).byHost())
          .as(client.getKey())
          .containsOnlyKeys(instance.host());
    }
  }

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void dropOverload_dropsTheSameShare(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "dropPercent: 30"));
    serve(world, 1);
    for (Map.Entry<String, Caller> client : world.everyClient("web").entrySet()) {
      until(world, client, batch -> batch.failures().size() < 60);
      // 90 ± 7.9.
      assertThat(client.getValue().get(GET, 300).failures().size())
          .as(client.getKey())
          .isBetween(38, 145);
    }
  }

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void failurePercentage_ejectsTheSameInstance(World world) throws Exception {
    ejects(world, "failurePercentage: {minimumHosts: 5, requestVolume: 5}");
  }

  /** 0 % is below 83.3 - 1.9 × 37.3 = 12.5 %. */
  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void successRate_ejectsTheSameInstance(World world) throws Exception {
    ejects(world, "successRate: {minimumHosts: 5, requestVolume: 5}");
  }

  @OverEveryTransport(only = Transport.GRPC, styles = Style.BLOCKING)
  void ejection_endsAfterItsTime(World world) throws Exception {
    judge(world, "failurePercentage: {minimumHosts: 3, requestVolume: 5}", "1s");
    serve(world, 3);
    Instance moody = world.serveEveryClient("orders", ok());
    for (Map.Entry<String, Caller> client : world.everyClient("web").entrySet()) {
      until(world, client, batch -> batch.byHost().size() == 4);
      moody.behave(status(503));
      until(world, client, batch -> batch.failures().isEmpty());
      moody.behave(ok());
      until(world, client, batch -> batch.byHost().getOrDefault(moody.host(), 0L) == 15);
    }
  }

  private static void ejects(World world, String detector) throws Exception {
    judge(world, detector, "1h");
    List<Instance> good = serve(world, 5);
    Instance broken = world.serveEveryClient("orders", status(503));
    List<Instance> all = new ArrayList<>(good);
    all.add(broken);
    for (Map.Entry<String, Caller> client : world.everyClient("web").entrySet()) {
      client.getValue().meet(GET, all.toArray(new Instance[0]));
      // Turns are taken, so sixty calls without one to it mean that it is out.
      until(world, client, batch -> batch.failures().isEmpty());
      Tally tally = client.getValue().get(GET, 60);
      assertThat(tally.failures()).as(client.getKey()).isEmpty();
      assertThat(tally.byHost()).doesNotContainKey(broken.host()).hasSameSizeAs(good);
      assertThat(tally.byHost().values()).as(client.getKey()).containsOnly(12L);
    }
  }

  private static void judge(World world, String detector, String ejectionTime) throws Exception {
    world.config(
        versions("orders"),
        destination(
            "orders",
            """
            loadBalancer: {simple: ROUND_ROBIN}
            outlierDetection: {consecutive5xxErrors: 0, interval: 1s, baseEjectionTime: %s, maxEjectionPercent: 30}
            """
                .formatted(ejectionTime)),
        policy("orders", "outlierDetection: {" + detector + "}"));
  }

  private static List<Instance> serve(World world, int count) throws Exception {
    List<Instance> instances = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      instances.add(world.serveEveryClient("orders", ok()));
    }
    return instances;
  }

  /** Calls in batches of sixty until one is as wished: connections come up one after the other. */
  private static void until(World world, Map.Entry<String, Caller> client, Predicate<Tally> wish)
      throws InterruptedException {
    world.until(
        client.getKey() + " spreads its calls",
        () -> {
          try {
            return wish.test(client.getValue().get(GET, 60));
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  /** Which instance has each of 300 keys. */
  private static Map<String, String> byUser(Caller client) throws InterruptedException {
    Map<String, String> hosts = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      String user = "user-" + i;
      hosts.put(user, client.call(Request.get(GET).header("x-user", user)).host());
    }
    return hosts;
  }

  private static long count(Map<String, String> hosts, Instance instance) {
    return hosts.values().stream().filter(instance.host()::equals).count();
  }
}
