package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Transport.GRPC;
import static io.inmesh.conformance.world.Transport.GRPC_MTLS;
import static io.inmesh.conformance.world.Transport.H2C;
import static io.inmesh.conformance.world.Transport.H2_MTLS;
import static io.inmesh.conformance.world.Transport.HTTP1;
import static io.inmesh.conformance.world.Transport.HTTP1_MTLS;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Reply;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.World;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Active health checks as a RoutePolicy asks for them: HC-10, HC-13. */
class HealthCheckTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String TIMES =
      "interval: 50ms, noTrafficInterval: 50ms, timeout: 5s, unhealthyThreshold: 2";

  private static String check(World world, String interval) {
    String probe = world.transport().grpc() ? "grpc: {}" : "http: {path: /healthz}";
    return policy(
        "orders", "healthCheck: {" + probe + ", " + TIMES.replace("50ms", interval) + "}");
  }

  private static String check(World world) {
    return check(world, "50ms");
  }

  private static boolean probe(Seen request) {
    return request.path().equals("/healthz") || request.path().contains("grpc.health");
  }

  /** Answers calls, but tells probes that it does not work. */
  private static Behaviour sick() {
    return (request, own) -> Reply.of(probe(request) ? 503 : 200);
  }

  /** Whether these and no others answer a few calls, and answer them well. */
  private static boolean answer(Caller web, Instance... instances) {
    try {
      Tally tally = web.get(GET, 8);
      return tally.failures().isEmpty()
          && tally
              .byHost()
              .keySet()
              .equals(Stream.of(instances).map(Instance::host).collect(Collectors.toSet()));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC, HTTP1_MTLS, H2_MTLS, GRPC_MTLS},
      styles = Style.BLOCKING)
  void instanceThatFailsProbes_getsNoCalls_untilItPasses(World world) throws Exception {
    world.config(versions("orders"), check(world));
    Instance sick = world.serve("orders", sick());
    Instance well = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("the sick one is out", () -> answer(web, well));
    assertThat(web.get(GET, 40).byHost()).containsOnlyKeys(well.host());
    sick.behave(ok());
    world.until("it is back", () -> answer(web, sick, well));
  }

  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void ejectedInstance_isBack_whenItPassesAProbe(World world) throws Exception {
    world.config(
        versions("orders"),
        check(world, "300ms"),
        destination(
            "orders",
            "outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 1h,"
                + " maxEjectionPercent: 100}"));
    Instance broken = world.serve("orders", (request, own) -> Reply.of(probe(request) ? 200 : 503));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("it is ejected", () -> answer(web, good));
    broken.behave(ok());
    world.until("it is back long before its time", () -> answer(web, broken, good));
  }

  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void instanceThatIsOut_isBack_whenNothingJudgesItAnyMore(World world) throws Exception {
    world.config(versions("orders"), check(world));
    Instance sick = world.serve("orders", sick());
    Instance well = world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("the sick one is out", () -> answer(web, well));
    world.config(versions("orders"));
    world.until("it is back", () -> answer(web, sick, well));
    world.config(
        versions("orders"),
        destination(
            "orders",
            "outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 1h,"
                + " maxEjectionPercent: 100}"));
    sick.behave((request, own) -> Reply.of(503));
    world.until("it is ejected", () -> answer(web, well));
    sick.behave(ok());
    world.config(versions("orders"));
    world.until("it is back again", () -> answer(web, sick, well));
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
