package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.hang;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Transport.GRPC;
import static io.inmesh.conformance.world.Transport.H2C;
import static io.inmesh.conformance.world.Transport.HTTP1;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Registration.Health;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Reply;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.World;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What counts against an endpoint, and what is done about it: HC-02, HC-03, HC-08, HC-09, HC-12.
 */
class BadEndpointsTest {
  private static final String GET = "orders/shop.Orders/Get";

  private static void detect(World world, String detectors, String... more)
      throws InterruptedException {
    world.config(
        versions("orders"),
        String.join("---\n", more),
        destination(
            "orders",
            "outlierDetection: {baseEjectionTime: 1h, maxEjectionPercent: 100, "
                + detectors
                + "}"));
  }

  /** An instance that does the one is used on, and is not any more once it does the other. */
  private static void ejects(World world, Behaviour harmless, Behaviour harmful) throws Exception {
    Instance bad = world.serve("orders", harmless);
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, good);
    calls(world, web, bad, 4);
    calls(world, web, bad, 3);
    bad.behave(harmful);
    world.until("it is ejected", () -> web.avoids(GET, bad));
    int before = bad.requests().size();
    web.get(GET, 20);
    assertThat(bad.requests()).hasSize(before);
    assertThat(good.requests()).hasSizeGreaterThan(20);
  }

  private static void calls(World world, Caller web, Instance instance, int more)
      throws InterruptedException {
    int enough = instance.requests().size() + more;
    while (instance.requests().size() < enough) {
      int before = instance.requests().size();
      world.until(
          instance.host() + " is called",
          () -> {
            web.reaches(GET, instance);
            return instance.requests().size() > before;
          });
    }
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void gatewayErrors_areToldFromOthers(World world) throws Exception {
    detect(world, "consecutiveGatewayErrors: 3, consecutive5xxErrors: 0");
    ejects(world, status(500), status(503));
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void localFailures_areToldFromAnswers(World world) throws Exception {
    // The healthy one would have to be late three times in a row.
    detect(
        world,
        "splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3,"
            + " consecutive5xxErrors: 0",
        policy("orders", "perTryTimeout: 400ms"));
    ejects(world, status(503), hang());
  }

  /** The application's own time over HTTP, a deadline over gRPC. */
  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void instanceThatDoesNotAnswerInTheCallersTime_isEjected(World world) throws Exception {
    world.config(
        versions("orders"),
        destination(
            "orders",
            "outlierDetection: {baseEjectionTime: 1h, maxEjectionPercent: 100,"
                + " splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 2,"
                + " consecutive5xxErrors: 0}"));
    Instance silent = world.serve("orders", hang());
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    Request impatient = Request.get(GET).timeout(Duration.ofMillis(300));
    world.until("it is ejected", () -> web.reaches(impatient, good));
    assertThat(silent.requests()).isNotEmpty();
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void answers_areToldFromLocalFailures(World world) throws Exception {
    detect(
        world,
        "splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 1000,"
            + " consecutive5xxErrors: 3",
        policy("orders", "perTryTimeout: 100ms"));
    ejects(world, hang(), status(503));
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void errorCodes_sayWhatIsAnError(World world) throws Exception {
    detect(world, "consecutive5xxErrors: 3, outlierDetectionHttpErrorCodes: [429]");
    ejects(world, status(500), status(429));
  }

  /**
   * Three of four are enough: 1.4 times 75 %. With one of four the healthy one gets half, as its 35
   * % and the 35 % of the degraded one are all there is.
   */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void degradedInstance_isUsed_whenTheOthersAreNotEnough(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "outlierDetection: {detectDegraded: true}"));
    Instance tired = world.serve("orders", ok().with("x-envoy-degraded", "true"));
    Instance good = world.serve("orders", ok());
    Instance second = world.serve("orders", ok());
    Instance third = world.serve("orders", ok());
    Caller web = world.client("web");
    calls(world, web, tired, 1);
    world.until("it is spared", () -> web.reaches(GET, good, second, third));
    assertThat(web.get(GET, 40).byHost()).doesNotContainKey(tired.host());
    second.health(Health.UNHEALTHY);
    third.health(Health.UNHEALTHY);
    world.until("it helps out", () -> web.reaches(GET, tired, good));
    assertThat(web.get(GET, 20).failures()).isEmpty();
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void instanceThatSucceedsTooRarely_isShut(World world) throws Exception {
    world.config(
        versions("orders"),
        policy(
            "orders",
            "failureAccrual: {maxFailures: 1000, minPenalty: 1h, maxPenalty: 1h,"
                + " successRate: {threshold: 0.8, window: 1m, minRequests: 5}}"));
    AtomicInteger count = new AtomicInteger();
    Instance busy =
        world.serve(
            "orders", (request, own) -> Reply.of(count.incrementAndGet() % 2 == 0 ? 429 : 200));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    calls(world, web, busy, 5);
    world.until("it is shut", () -> web.reaches(GET, good));
    assertThat(web.get(GET, 20).byHost()).containsOnlyKeys(good.host());
  }

  /** One call finds out; a refusal for too many requests is no success. */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void instanceThatWasShut_isBack_withItsFirstGoodAnswer(World world) throws Exception {
    world.config(
        versions("orders"),
        policy(
            "orders",
            "failureAccrual: {minPenalty: 1s, maxPenalty: 1s, jitterRatio: 0,"
                + " successRate: {window: 1m}}"));
    Instance busy = world.serve("orders", status(429));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    calls(world, web, busy, 1);
    world.until("it is shut", () -> web.reaches(GET, good));
    busy.behave(ok());
    world.until("it is back", () -> web.reaches(GET, busy, good));
    assertThat(web.get(GET, 20).failures()).isEmpty();
  }

  /** Without what it asks for it would be asked again after 50 ms. */
  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void instanceThatAsksForAPause_getsIt(World world) throws Exception {
    world.config(
        versions("orders"),
        policy(
            "orders",
            "failureAccrual: {minPenalty: 50ms, maxPenalty: 1h, jitterRatio: 0,"
                + " successRate: {window: 1m}, honorRetryAfter: true}"));
    Instance busy =
        world.serve(
            "orders",
            status(429).with("retry-after", "3600").with("grpc-retry-pushback-ms", "3600000"));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    calls(world, web, busy, 1);
    world.until("it is shut", () -> web.reaches(GET, good));
    busy.behave(ok());
    long end = System.nanoTime() + Duration.ofMillis(400).toNanos();
    while (System.nanoTime() < end) {
      assertThat(web.get(GET).host()).isEqualTo(good.host());
    }
  }
}
