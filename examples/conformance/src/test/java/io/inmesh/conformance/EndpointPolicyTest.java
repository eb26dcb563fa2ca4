package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Registration.Health;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Relay;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.Trait;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * What a RoutePolicy of a Service says about its endpoints: LB-04, LB-07, LB-11, LB-12, LB-13,
 * LB-22, LB-25, LB-28, HC-11.
 */
class EndpointPolicyTest {
  private static final String GET = "orders/shop.Orders/Get";

  private static void configure(World world, String policy) throws Exception {
    world.config(versions("orders"), policy("orders", policy));
  }

  private static long calls(Tally tally, Instance instance) {
    return tally.byHost().getOrDefault(instance.host(), 0L);
  }

  /** The first is the one that is named first, by address and port. */
  @OverEveryTransport
  void pickFirst_oneHasAll_theNextOneWhileItIsOut(World world) throws Exception {
    configure(world, "loadBalancer: {pickFirst: {}}");
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Instance first = a.port() < b.port() ? a : b;
    Instance next = first.equals(a) ? b : a;
    Caller web = world.client("web");
    world.until("it is connected", () -> calls(web.get(GET, 10), first) == 10);
    first.health(Health.UNHEALTHY);
    assertThat(web.get(GET, 20).byHost()).containsOnlyKeys(next.host());
    first.health(Health.HEALTHY);
    assertThat(web.get(GET, 20).byHost()).containsOnlyKeys(first.host());
  }

  @OverEveryTransport
  void peakEwma_slowInstance_getsLittle(World world) throws Exception {
    configure(world, "loadBalancer: {peakEwma: {decay: 1s}}");
    Instance slow = world.serve("orders", ok().after(Duration.ofMillis(40)));
    Instance fast = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, fast);
    // A pause of this machine makes the other one look slow for as long as it is remembered.
    world.until("it gets little", () -> calls(web.get(GET, 20), slow) <= 1);
  }

  /** Without the penalty a failure is a quick answer, better than 30 ms that nobody has seen. */
  @OverEveryTransport
  void failurePenalty_quickFailures_areNotPreferred(World world) throws Exception {
    configure(world, "loadBalancer: {peakEwma: {defaultRtt: 2s, failurePenalty: 1h}}");
    Instance broken = world.serve("orders", status(503));
    Caller web = world.client("web");
    assertThat(web.get(GET, 3).failures()).hasSize(3);
    Instance good = world.serve("orders", ok());
    world.until("the new one is connected", () -> web.get(GET).ok());
    Tally tally = web.get(GET, 40);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).containsOnlyKeys(good.host()).doesNotContainKey(broken.host());
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.BLOCKING)
  void utilization_reportedWithResponses_isWeight(World world) throws Exception {
    strongerGetsMore(world, "{blackout: 0s, update: 100ms}");
  }

  /** HTTP servers do not report by themselves: over HTTP their responses go on to tell. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  void utilization_reportedOutOfBand_isWeight(World world) throws Exception {
    strongerGetsMore(world, "{outOfBand: 1s, blackout: 0s, update: 100ms}");
  }

  /**
   * Both answer as much, but one says that it is four times as full. A weight is what is answered
   * by how full that makes: of 20 calls the idle one gets 16, then that makes it answer more, and
   * so on. Without reports it would get 10.
   */
  private static void strongerGetsMore(World world, String utilization) throws Exception {
    configure(world, "loadBalancer: {utilization: " + utilization + "}");
    world.serve("orders", ok(), config -> config.utilization(() -> 0.8));
    Instance idle = world.serve("orders", ok(), config -> config.utilization(() -> 0.2));
    Caller web = world.client("web");
    world.until("it gets more", () -> calls(web.get(GET, 20), idle) >= 15);
  }

  /** A key that everybody asks for, and calls that take their time. */
  @OverEveryTransport
  void hashBalance_whatIsMoreThanTheAverage_goesElsewhere(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "loadBalancer: {consistentHash: {httpHeaderName: x-user}}"),
        policy("orders", "loadBalancer: {hashBalancePercent: 100}"));
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Caller web = world.client("web");
    // A request without a key goes anywhere.
    web.meet(GET, a, b);
    CountDownLatch latch = new CountDownLatch(1);
    a.behave(ok().after(latch));
    b.behave(ok().after(latch));
    int atA = a.requests().size();
    int atB = b.requests().size();
    List<Pending> held = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      held.add(web.start(Request.get(GET).header("x-user", "all")));
      int calls = atA + atB + i;
      world.until("it is there", () -> a.requests().size() + b.requests().size() == calls);
    }
    assertThat(a.requests()).hasSize(atA + 2);
    assertThat(b.requests()).hasSize(atB + 2);
    latch.countDown();
    for (Pending call : held) {
      assertThat(call.await()).isOk();
    }
  }

  @OverEveryTransport
  void failureAccrual_shutsAnInstance_thatFailsInARow(World world) throws Exception {
    configure(world, "failureAccrual: {maxFailures: 3, minPenalty: 1h, maxPenalty: 1h}");
    Instance broken = world.serve("orders", status(503));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, broken, good);
    world.until("it is shut", () -> web.reaches(GET, good));
    assertThat(broken.requests()).hasSizeGreaterThanOrEqualTo(3);
    Tally tally = web.get(GET, 40);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).containsOnlyKeys(good.host());
  }

  /** The same ones whenever the process starts, and whoever else leaves. */
  @OverEveryTransport
  void subset_aClientUsesOnlySoMany_alwaysTheSame(World world) throws Exception {
    configure(world, "loadBalancer: {subsetSize: 2}");
    Map<String, Instance> instances = new HashMap<>();
    for (int i = 0; i < 5; i++) {
      Instance instance = world.serve("orders", ok());
      instances.put(instance.host(), instance);
    }
    Trait same = config -> config.instance("web-of-old");
    Caller web = world.client("web", same);
    Set<String> used = new HashSet<>();
    world.until(
        "it uses two",
        () -> {
          used.addAll(web.get(GET, 40).byHost().keySet());
          return used.size() > 1;
        });
    assertThat(web.get(GET, 40).byHost()).containsOnlyKeys(used);
    Caller again = world.client("web", same);
    again.meet(GET, used.stream().map(instances::get).toArray(Instance[]::new));
    assertThat(again.get(GET, 40).byHost()).containsOnlyKeys(used);
    instances.keySet().removeAll(used);
    instances.values().iterator().next().stop();
    assertThat(again.get(GET, 40).byHost()).containsOnlyKeys(used);
  }

  /** Over HTTP/2 and gRPC the connection there is has room for the next call. */
  @OverEveryTransport(only = Transport.HTTP1)
  void preconnect_aConnectionIsReady_forTheNextCall(World world) throws Exception {
    configure(world, "loadBalancer: {preconnect: 2}");
    CountDownLatch latch = new CountDownLatch(1);
    Relay orders = world.serveThroughRelay("orders", ok().after(latch));
    Pending call = world.client("web").start(Request.get(GET));
    world.until("there are two connections", () -> orders.recordings().size() == 2);
    latch.countDown();
    assertThat(call.await()).isOk();
  }

  @OverEveryTransport
  void failover_anotherServiceTakesOver_whileThisOneHasNobody(World world) throws Exception {
    world.config(versions("orders"), versions("standby"));
    Instance own = world.serve("orders", ok());
    Instance other = world.serve("standby", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(own.host());
    // Calls go on while the cluster becomes another one.
    world.config(
        versions("orders"),
        versions("standby"),
        policy("orders", "failover: [{name: standby, port: 80}]"));
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(own.host());
    own.health(Health.UNHEALTHY);
    assertThat(web.get(GET, 20).byHost()).containsOnlyKeys(other.host());
    own.health(Health.HEALTHY);
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(own.host());
    own.stop();
    assertThat(web.get(GET, 10).byHost()).containsOnlyKeys(other.host());
  }
}
