package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.hang;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * RT-10, RT-11, RT-14, RT-15, RS-17, RL-01, HC-19 … HC-21: what happens to calls besides being
 * routed.
 */
class CallPolicyTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String EVERYTHING =
      """
      - backendRefs: [{name: orders, port: 80}]
      """;

  /** A policy of the route, which the callers enforce. */
  private static String routePolicy(String spec) {
    return policy("orders", spec)
        .replace("kind: Service, name: orders", "kind: HTTPRoute, name: orders");
  }

  // ---- mirroring ----

  @OverEveryTransport
  void mirror_getsACopy_andTheCallerNoticesNothing(World world) throws Exception {
    world.config(
        versions("orders"),
        versions("next"),
        policy("orders", "mirrors: [{backendRef: {name: next, port: 80}}]"));
    Instance orders = world.serve("orders", ok());
    Instance next = world.serve("next", ok());
    Caller web = world.client("web");
    for (int i = 0; i < 5; i++) {
      Answer answer = web.post("orders/shop.Orders/Put");
      assertThat(answer).isOk().hasAttempts(1);
      assertThat(answer.host()).isEqualTo(orders.host());
    }
    world.until("all copies have arrived", () -> next.requests().size() == 5);
    assertThat(next.requests()).extracting(Seen::path).containsOnly("/shop.Orders/Put");
    assertThat(orders.requests()).hasSize(5);
  }

  /** RT-24: a share in other than hundredths. */
  @OverEveryTransport(styles = Style.BLOCKING)
  void mirror_ofAFraction_getsItsShare(World world) throws Exception {
    world.config(
        versions("orders"),
        versions("next"),
        route(
            "orders",
            """
            - filters:
              - type: RequestMirror
                requestMirror:
                  backendRef: {name: next, port: 80}
                  fraction: {numerator: 500, denominator: 1000}
              backendRefs: [{name: orders, port: 80}]
            """));
    Instance orders = world.serve("orders", ok());
    Instance next = world.serve("next", ok());
    assertThat(world.client("web").get(GET, 200).failures()).isEmpty();
    world.until("copies arrive", () -> next.requests().size() >= 60);
    assertThat(next.requests()).hasSizeLessThanOrEqualTo(140); // 100, six standard deviations
    assertThat(orders.requests()).hasSize(200);
  }

  @OverEveryTransport
  void mirror_thatHangsOrIsDead_doesNotDelayTheCall(World world) throws Exception {
    world.config(
        versions("orders"),
        versions("next"),
        policy("orders", "timeout: 20s\nmirrors: [{backendRef: {name: next, port: 80}}]"));
    world.serve("orders", ok());
    Instance next = world.serve("next", hang());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    next.kill();
    assertThat(web.get(GET)).isOk();
  }

  @OverEveryTransport
  void mirror_thatDoesNotExist_isAFinding(World world) throws Exception {
    world.expectWarning("there is no Service default/nowhere");
    assertThat(
            world.tryConfig(
                versions("orders"),
                policy("orders", "mirrors: [{backendRef: {name: nowhere, port: 80}}]")))
        .extracting(Finding::code)
        .contains(FindingCode.BACKEND_NOT_FOUND);
    world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
  }

  // ---- faults ----

  @OverEveryTransport(also = Transport.SPRING)
  void fault_aborts_withoutAskingAnyServer(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "fault: {abort: {httpStatus: 503}}"));
    Instance orders = world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isLocal(503);
    assertThat(orders.requests()).isEmpty();
  }

  @OverEveryTransport
  void fault_delays(World world) throws Exception {
    world.config(versions("orders"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    world.config(versions("orders"), policy("orders", "fault: {delay: {duration: 30s}}"));
    assertThat(web.call(Request.get(GET).timeout(Duration.ofMillis(150)))).timedOut();
    assertThat(orders.requests()).hasSize(1);
  }

  @OverEveryTransport
  void fault_ofNobody_changesNothing(World world) throws Exception {
    world.config(
        versions("orders"), policy("orders", "fault: {abort: {httpStatus: 503, percent: 0}}"));
    world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
  }

  @OverEveryTransport
  void fault_byHeader_isAskedForByTheCaller(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "fault: {byHeader: true}"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    assertThat(web.call(Request.get(GET).header("x-envoy-fault-abort-request", "503")))
        .isLocal(503);
  }

  // ---- limits ----

  @OverEveryTransport(also = Transport.SPRING)
  void rateLimit_ofTheRoute_refusesBeyondTheBurst(World world) throws Exception {
    world.config(
        versions("orders"),
        route("orders", EVERYTHING),
        routePolicy("rateLimit: {requests: 2, per: 1h}"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    assertThat(web.get(GET)).isOk();
    assertThat(web.get(GET)).isLocal(429);
    assertThat(orders.requests()).hasSize(2);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void rateLimit_ofTheService_isItsServers(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "rateLimit: {requests: 2, per: 1h}"));
    Instance orders = world.serve("orders", ok());
    Caller one = world.client("web");
    Caller two = world.client("shop");
    assertThat(one.get(GET)).isOk();
    assertThat(two.get(GET)).isOk();
    int refused = world.transport().grpc() ? 503 : 429; // what Envoy's filter says to either
    assertThat(one.get(GET)).hasStatus(refused);
    assertThat(two.get(GET)).hasStatus(refused);
    assertThat(orders.requests()).hasSize(2);
  }

  /** RL-02: a descriptor's bucket for each caller, whom mutual TLS names. */
  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING,
      also = Transport.SPRING_MTLS)
  void rateLimit_perCaller_isOfEachIdentity(World world) throws Exception {
    world.config(
        versions("orders"), policy("orders", "rateLimit: {perCaller: {requests: 2, per: 1h}}"));
    Instance orders = world.serve("orders", ok());
    int refused = world.transport().grpc() ? 503 : 429;
    Caller greedy = world.client("web");
    assertThat(greedy.get(GET)).isOk();
    assertThat(greedy.get(GET)).isOk();
    assertThat(greedy.get(GET)).hasStatus(refused);
    assertThat(world.client("web").get(GET)).as("the same identity").hasStatus(refused);
    assertThat(world.client("shop").get(GET)).as("another").isOk();
    assertThat(orders.requests()).hasSize(3);
  }

  /** RL-02: each descriptor limits the requests it is about, and a value it leaves open alone. */
  @OverEveryTransport(styles = Style.BLOCKING)
  void rateLimit_descriptors_limitTheRequestsTheyAreAbout(World world) throws Exception {
    world.config(
        versions("orders"),
        policy(
            "orders",
            """
            rateLimit:
              headers: true
              descriptors:
              - {requests: 2, per: 1h, entries: [{header: x-tenant}]}
              - {requests: 1, per: 1h, entries: [{method: POST}, {path: /shop.Orders/Add}]}
            """));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    int refused = world.transport().grpc() ? 503 : 429;
    Request of = Request.get(GET).header("x-tenant", "a");
    assertThat(web.call(of)).isOk().hasHeader("x-ratelimit-remaining", "1");
    assertThat(web.call(of)).isOk();
    assertThat(web.call(of)).hasStatus(refused);
    assertThat(web.call(Request.get(GET).header("x-tenant", "b"))).as("another tenant").isOk();
    assertThat(web.get(GET)).as("no tenant").isOk();
    assertThat(web.post("orders/shop.Orders/Add")).isOk();
    assertThat(web.post("orders/shop.Orders/Add")).hasStatus(refused);
    assertThat(web.post("orders/shop.Orders/AddAll")).as("another path").isOk();
    assertThat(orders.requests()).hasSize(6);
  }

  /** A process that answers for two services has the limits of each on that one's port. */
  @OverEveryTransport(styles = Style.BLOCKING)
  void rateLimits_ofTwoServicesOfOneProcess_eachOnItsPort(World world) throws Exception {
    world.config(versions("orders"));
    Instance both = world.serve("orders", ok());
    assertThat(both.openPort()).isNotEqualTo(both.port());
    world.config(
        versions("orders"),
        """
        apiVersion: v1
        kind: Service
        metadata: {name: reports}
        spec: {selector: {app: orders}, ports: [{port: 81}]}
        """,
        policy("orders", "rateLimit: {requests: 1, per: 1h}"),
        policy("reports", "rateLimit: {requests: 3, per: 1h}"));
    Caller web = world.client("web");
    int refused = world.transport().grpc() ? 503 : 429;
    for (int i = 0; i < 3; i++) {
      assertThat(web.get("reports:81/shop.Reports/Get")).isOk();
    }
    assertThat(web.get("reports:81/shop.Reports/Get")).hasStatus(refused);
    assertThat(web.get(GET)).isOk();
    assertThat(web.get(GET)).hasStatus(refused);
    assertThat(both.requests()).hasSize(4);
  }

  // ---- limits of concurrency ----

  /** HC-21, at the servers: what is more than one at a time is refused. */
  @OverEveryTransport(styles = Style.BLOCKING, also = Transport.SPRING)
  void maxInFlight_ofTheService_isItsServers(World world) throws Exception {
    refusesMoreThan(1, "concurrency: {maxInFlight: 1}", world);
  }

  /** HC-20, at the servers: while the least latency is measured, three at a time. */
  @OverEveryTransport(styles = Style.BLOCKING)
  void adaptiveConcurrency_ofTheService_isItsServers(World world) throws Exception {
    refusesMoreThan(3, "concurrency: {adaptive: true}", world);
  }

  private static void refusesMoreThan(int limit, String policy, World world) throws Exception {
    world.config(versions("orders"), policy("orders", policy));
    CountDownLatch latch = new CountDownLatch(1);
    Instance orders = world.serve("orders", ok().after(latch));
    Caller web = world.client("web");
    List<Pending> held = new ArrayList<>();
    for (int i = 0; i < limit; i++) {
      held.add(web.start(Request.get(GET)));
    }
    world.until("they are there", () -> orders.requests().size() == limit);
    assertThat(web.get(GET)).hasStatus(503);
    latch.countDown();
    for (Pending call : held) {
      assertThat(call.await()).isOk();
    }
    assertThat(orders.requests()).hasSize(limit);
    // One after the other they are one at a time: a request is over before its answer is known.
    assertThat(web.get(GET, 30).failures()).isEmpty();
  }

  /** HC-19: of calls that all fail, four fifths are not sent before long. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  void throttle_callersSendLess_whileTheirCallsFail(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "concurrency: {throttle: true}"));
    Instance orders = world.serve("orders", status(503));
    assertThat(world.client("web").get(GET, 200).failures()).hasSize(200);
    assertThat(orders.requests()).hasSizeBetween(10, 140);
  }

  // ---- idempotency keys ----

  /** Streams of several messages have no key. */
  @OverEveryTransport(
      except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI},
      also = Transport.SPRING)
  void keyedRequest_sentTwice_isExecutedOnce(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "idempotencyKeys: {}"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    Request put = Request.post("orders/shop.Orders/Put").header("idempotency-key", "k-1");
    assertThat(web.call(put)).isOk().isFrom("v1");
    assertThat(web.call(put)).isOk().isFrom("v1");
    assertThat(orders.requests()).hasSize(1);
    assertThat(web.call(put.header("idempotency-key", "k-2"))).isOk();
    assertThat(orders.requests()).hasSize(2);
  }

  // ---- hedging ----

  /** A stream that has begun is not begun again. */
  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void hedge_joinsAHostThatIsSilent(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "hedge: {delay: 40ms, budgetPercent: 100}"));
    world.serve("orders", hang());
    Instance quick = world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 0; i < 4; i++) {
      Answer answer = web.get(GET);
      assertThat(answer).isOk();
      assertThat(answer.host()).isEqualTo(quick.host());
    }
  }

  @OverEveryTransport
  void hedge_ofWhatIsNotIdempotent_doesNotHappen(World world) throws Exception {
    world.config(versions("orders"), policy("orders", "hedge: {delay: 20ms, budgetPercent: 100}"));
    Instance one = world.serve("orders", ok());
    Instance two = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, one, two);
    int before = one.requests().size() + two.requests().size();
    one.behave(hang());
    two.behave(hang());
    AtomicInteger calls = new AtomicInteger();
    Request post = Request.post("orders/shop.Orders/Put").timeout(Duration.ofMillis(200));
    world.until(
        "a request arrives in time",
        () -> {
          calls.incrementAndGet();
          assertThat(web.call(post)).timedOut();
          return one.requests().size() + two.requests().size() > before;
        });
    assertThat(one.requests().size() + two.requests().size() - before)
        .isLessThanOrEqualTo(calls.get());
  }

  // ---- redirects and rewrites ----

  @OverEveryTransport(also = Transport.SPRING)
  void rewrite_changesThePath(World world) throws Exception {
    world.config(
        versions("orders"),
        route(
            "orders",
            """
            - matches: [{path: {value: /shop.Orders}}]
              filters:
              - type: URLRewrite
                urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /shop.Archive}}
              backendRefs: [{name: orders, port: 80}]
            """));
    Instance orders = world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
    assertThat(orders.lastRequest().path()).isEqualTo("/shop.Archive/Get");
    assertThat(orders.lastRequest().header("x-envoy-original-path")).isEqualTo("/shop.Orders/Get");
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C}) // gRPC knows no redirects
  void redirect_isAnsweredWithoutAServer(World world) throws Exception {
    world.config(
        versions("orders"),
        route(
            "orders",
            """
            - filters:
              - type: RequestRedirect
                requestRedirect:
                  hostname: elsewhere.example
                  path: {type: ReplaceFullPath, replaceFullPath: /moved}
                  statusCode: 307
            """));
    Instance orders = world.serve("orders", ok());
    assertThat(world.client("web").get(GET))
        .hasStatus(307)
        .hasHeader("location", "http://elsewhere.example/moved");
    assertThat(orders.requests()).isEmpty();
  }
}
