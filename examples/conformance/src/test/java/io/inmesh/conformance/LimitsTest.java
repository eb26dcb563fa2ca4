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
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Reply;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.World;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** How much of something a caller may have under way: HC-15, RS-11. */
class LimitsTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String RETRY =
      "retry: {attempts: 1, on: [gateway-error, unavailable], backoff: {base: 1ms}}";

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void maxRequests_boundsWhatIsInFlight(World world) throws Exception {
    world.config(
        versions("orders"), destination("orders", "connectionPool: {http: {http2MaxRequests: 2}}"));
    CountDownLatch open = new CountDownLatch(1);
    Instance orders = world.serve("orders", ok().after(open));
    Caller web = world.client("web");
    List<Pending> both = List.of(web.start(Request.get(GET)), web.start(Request.get(GET)));
    world.until("both are under way", () -> orders.requests().size() == 2);
    assertThat(web.get(GET)).failedWith(Reason.OVERFLOW);
    open.countDown();
    for (Pending call : both) {
      assertThat(call.await()).isOk();
    }
    world.until("there is room again", () -> web.reaches(GET, orders));
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC},
      styles = Style.BLOCKING)
  void callsOfHighPriority_areNotHeldBack(World world) throws Exception {
    world.config(
        versions("orders"),
        destination("orders", "connectionPool: {http: {http2MaxRequests: 1}}"),
        route(
            "orders",
            """
            - name: urgent
              matches: [{headers: [{name: x-urgent, value: "yes"}]}]
              backendRefs: [{name: orders, port: 80}]
            - backendRefs: [{name: orders, port: 80}]
            """),
        """
        apiVersion: inmesh.io/v1alpha1
        kind: RoutePolicy
        metadata: {name: urgent}
        spec:
          targetRefs: [{kind: HTTPRoute, name: orders, sectionName: urgent}]
          highPriority: true
        """);
    CountDownLatch open = new CountDownLatch(1);
    Instance orders = world.serve("orders", ok().after(open));
    Caller web = world.client("web");
    Pending usual = web.start(Request.get(GET));
    world.until("it is under way", () -> orders.requests().size() == 1);
    assertThat(web.get(GET)).failedWith(Reason.OVERFLOW);
    Pending urgent = web.start(Request.get(GET).header("x-urgent", "yes"));
    world.until("the urgent one is, too", () -> orders.requests().size() == 2);
    open.countDown();
    assertThat(usual.await()).isOk();
    assertThat(urgent.await()).isOk();
  }

  /** Over gRPC there is one connection to an endpoint anyway. */
  @OverEveryTransport(
      only = {HTTP1, H2C, HTTP1_MTLS, H2_MTLS},
      styles = Style.ASYNC)
  void maxConnections_letsCallsWait_asManyAsMay(World world) throws Exception {
    world.config(
        versions("orders"),
        destination(
            "orders",
            "connectionPool: {tcp: {maxConnections: 1},"
                + " http: {maxConcurrentStreams: 1, http1MaxPendingRequests: 1}}"));
    CountDownLatch open = new CountDownLatch(1);
    Instance orders = world.serve("orders", ok().after(open));
    Caller web = world.client("web");
    Pending first = web.start(Request.get(GET));
    world.until("the first one is under way", () -> orders.requests().size() == 1);
    List<Pending> others = Stream.generate(() -> web.start(Request.get(GET))).limit(3).toList();
    world.until(
        "two of three are refused", () -> others.stream().filter(Pending::done).count() == 2);
    List<Pending> refused = others.stream().filter(Pending::done).toList();
    open.countDown();
    assertThat(first.await()).isOk();
    for (Pending call : others) {
      if (refused.contains(call)) {
        assertThat(call.await()).failedWith(Reason.OVERFLOW);
      } else {
        assertThat(call.await()).isOk();
      }
    }
    assertThat(orders.requests().stream().map(Seen::connection).distinct()).hasSize(1);
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC, HTTP1_MTLS, H2_MTLS, GRPC_MTLS},
      styles = Style.BLOCKING)
  void maxRetries_boundsRetriesAtATime(World world) throws Exception {
    boundsRetries(world, "connectionPool: {http: {maxRetries: 1}}", 503);
  }

  @OverEveryTransport(
      only = {HTTP1, H2C, GRPC, HTTP1_MTLS, H2_MTLS, GRPC_MTLS},
      styles = Style.BLOCKING)
  void retryBudget_isAShareOfWhatIsInFlight_butAMinimum(World world) throws Exception {
    boundsRetries(world, "retryBudget: {percent: 1, minRetryConcurrency: 1}", 503);
  }

  @OverEveryTransport(
      only = {HTTP1, GRPC},
      styles = Style.BLOCKING)
  void retryBudget_thatIsLarger_allowsMore(World world) throws Exception {
    boundsRetries(world, "retryBudget: {percent: 100, minRetryConcurrency: 1}", 200);
  }

  /** While one retry is under way, another call fails and is retried, or not. */
  private static void boundsRetries(World world, String limits, int second) throws Exception {
    world.config(versions("orders"), policy("orders", RETRY), destination("orders", limits));
    CountDownLatch open = new CountDownLatch(1);
    AtomicInteger count = new AtomicInteger();
    Behaviour retried = ok().after(open);
    Instance orders =
        world.serve(
            "orders",
            (request, own) ->
                switch (count.incrementAndGet()) {
                  case 1, 3 -> Reply.of(503);
                  case 2 -> retried.treat(request, own);
                  default -> Reply.of(200);
                });
    Caller web = world.client("web");
    Pending first = web.start(Request.get(GET));
    world.until("its retry is under way", () -> orders.requests().size() == 2);
    assertThat(web.get(GET)).hasStatus(second);
    open.countDown();
    assertThat(first.await()).isOk();
    count.set(2);
    assertThat(web.get(GET)).as("there is a retry again").isOk();
  }
}
