package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Transport.GRPC;
import static io.inmesh.conformance.world.Transport.GRPC_MTLS;
import static io.inmesh.conformance.world.Transport.GRPC_STREAM;
import static io.inmesh.conformance.world.Transport.H2C;
import static io.inmesh.conformance.world.Transport.H2_MTLS;
import static io.inmesh.conformance.world.Transport.HTTP1;
import static io.inmesh.conformance.world.Transport.HTTP1_MTLS;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Reply;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.World;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Active health checks as a RoutePolicy asks for them: HC-10, HC-13, HC-14. */
class HealthCheckTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String TIMES =
      "interval: 50ms, noTrafficInterval: 50ms, timeout: 5s, unhealthyThreshold: 2";

  private static String check(World world) {
    String probe = world.transport().grpc() ? "grpc: {}" : "http: {path: /healthz}";
    return policy("orders", "healthCheck: {" + probe + ", " + TIMES + "}");
  }

  /** Whoever is probed a second time has had the answer to the first one taken. */
  private static void untilItIsOut(World world, Caller web, Instance sick, Instance well)
      throws InterruptedException {
    world.until(
        "the sick one is out",
        () ->
            web.reaches(GET, well)
                && sick.requests().stream().filter(HealthCheckTest::probe).count() > 1);
  }

  private static boolean probe(Seen request) {
    return request.path().equals("/healthz") || request.path().contains("grpc.health");
  }

  /** Answers calls, but tells probes that it does not work. */
  private static Behaviour sick() {
    return (request, own) -> Reply.of(probe(request) ? 503 : 200);
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC, HTTP1_MTLS, H2_MTLS, GRPC_MTLS},
      styles = Style.BLOCKING)
  void instanceThatFailsProbes_getsNoCalls_untilItPasses(World world) throws Exception {
    world.config(versions("orders"), check(world));
    Instance sick = world.serve("orders", sick());
    Instance well = world.serve("orders", ok());
    Caller web = world.client("web");
    untilItIsOut(world, web, sick, well);
    assertThat(web.get(GET, 40).byHost()).containsOnlyKeys(well.host());
    sick.behave(ok());
    world.until("it is back", () -> web.reaches(GET, sick, well));
  }

  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void ejectedInstance_isBack_whenItPassesAProbe(World world) throws Exception {
    world.config(
        versions("orders"),
        check(world),
        destination(
            "orders",
            "outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 1h,"
                + " maxEjectionPercent: 100}"));
    // As each probe that it passes brings it back, it answers the first one, and the next one late.
    AtomicInteger probes = new AtomicInteger();
    CountDownLatch mended = new CountDownLatch(1);
    Behaviour late = ok().after(mended);
    Behaviour failing =
        (request, own) -> {
          if (!probe(request)) {
            return Reply.of(503);
          }
          return (probes.getAndIncrement() == 0 ? ok() : late).treat(request, own);
        };
    Instance broken = world.serve("orders", failing);
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, broken, good);
    world.until("it is ejected", () -> probes.get() > 1 && web.reaches(GET, good));
    broken.behave(ok());
    mended.countDown();
    world.until("it is back long before its time", () -> web.reaches(GET, broken, good));
  }

  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void instanceThatIsOut_isBack_whenNothingJudgesItAnyMore(World world) throws Exception {
    world.config(versions("orders"), check(world));
    Instance sick = world.serve("orders", sick());
    Instance well = world.serve("orders", ok());
    Caller web = world.client("web");
    untilItIsOut(world, web, sick, well);
    world.config(versions("orders"));
    world.until("it is back", () -> web.reaches(GET, sick, well));
    world.config(
        versions("orders"),
        destination(
            "orders",
            "outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 1h,"
                + " maxEjectionPercent: 100}"));
    sick.behave((request, own) -> Reply.of(503));
    world.until("it is ejected", () -> web.reaches(GET, well));
    sick.behave(ok());
    world.config(versions("orders"));
    world.until("it is back again", () -> web.reaches(GET, sick, well));
  }

  /** HC-14: long before the next probe, a server says on the stream that watches it how it is. */
  @OverEveryTransport(
      only = {GRPC, GRPC_STREAM, GRPC_MTLS},
      styles = Style.BLOCKING)
  void grpcServer_saysByItself_whetherItServes(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "healthCheck: {grpc: {}, interval: 1h, noTrafficInterval: 1h}"));
    HealthStatusManager health = new HealthStatusManager();
    Instance watched = world.serveBeside(health.getHealthService(), "orders", ok());
    Instance other = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("both are used", () -> web.reaches(GET, watched, other));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    world.until("it is not used", () -> web.reaches(GET, other));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
    world.until("it is used again", () -> web.reaches(GET, watched, other));
  }

  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void withoutCheck_nobodyIsProbed(World world) throws Exception {
    world.config(versions("orders"), check(world));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    world.until("it is probed", () -> orders.requests().stream().anyMatch(HealthCheckTest::probe));
    world.config(versions("orders"));
    long before = orders.requests().stream().filter(HealthCheckTest::probe).count();
    assertThat(web.get(GET, 20).failures()).isEmpty();
    // One may have been under way.
    assertThat(orders.requests().stream().filter(HealthCheckTest::probe).count())
        .isLessThanOrEqualTo(before + 1);
  }
}
