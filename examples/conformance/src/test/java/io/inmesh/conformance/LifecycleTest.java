package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Reply;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.server.ca.AdminRoots;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.config.Finding;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** CFG-05, CFG-06, CFG-22, OP-04: changes while calls go on. */
class LifecycleTest {
  private static final String GET = "orders/shop.Orders/Get";

  /** More bytes than a response without resources has, fewer than one with any. */
  private static final double EMPTY_RESPONSE = 160;

  @OverEveryTransport
  void firstCall_beforeAnyConfiguration_waitsForIt(World world) throws Exception {
    world.serve("orders", ok());
    Caller web = world.client("web");
    world.killControlServer();
    Pending early = web.start(Request.get(GET));
    world.restartControlServer();
    assertThat(early.await()).isOk();
  }

  @OverEveryTransport
  void firstCall_withoutConfigurationInTime_fails(World world) throws Exception {
    Caller web = world.client("web");
    world.killControlServer();
    Answer answer = web.call(Request.get(GET).timeout(Duration.ofMillis(200)));
    assertThat(answer.ok()).isFalse();
    assertThat(answer.reason()).isIn(Reason.NOT_READY, Reason.TIMEOUT);
  }

  @OverEveryTransport
  void controlServer_goesAndComesBack_callsGoOn(World world) throws Exception {
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    world.killControlServer();
    assertThat(web.get(GET, 20).failures()).isEmpty();
    world.restartControlServer();
    assertThat(web.get(GET, 20).failures()).isEmpty();
    Instance added = world.serve("orders", ok());
    web.meet(GET, added);
  }

  /** Every response says the version only; what a resource is made of would take more. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void restartedControlServer_sendsNoEndpointsAndRoutesAgain(World world) throws Exception {
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk();
    for (String type : List.of("eds", "rds")) {
      assertThat(bytesPerResponse(world, type)).as("first " + type).isGreaterThan(EMPTY_RESPONSE);
    }
    world.killControlServer();
    world.restartControlServer();
    assertThat(web.get(GET)).isOk();
    for (String type : List.of("eds", "rds")) {
      assertThat(bytesPerResponse(world, type)).as(type).isLessThan(EMPTY_RESPONSE);
    }
  }

  private static double bytesPerResponse(World world, String type) throws Exception {
    MeshCa ca = world.control().ca();
    HttpClient.Builder client = HttpClient.newBuilder();
    if (ca != null) {
      client.sslContext(AdminRoots.trust(Set.copyOf(ca.authority().pins())));
    }
    String host = "127.0.0.1:" + world.control().adminAddress().getPort();
    URI page = URI.create((ca == null ? "http://" : "https://") + host + "/metrics");
    String metrics =
        client
            .build()
            .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return sample(metrics, "sum", type) / sample(metrics, "count", type);
  }

  private static double sample(String metrics, String what, String type) {
    String start = "pilot_xds_config_size_bytes_" + what + "{type=\"" + type + "\"} ";
    return metrics
        .lines()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + start + "in\n" + metrics));
  }

  @OverEveryTransport
  void invalidObject_keepsItsPreviousVersion_theRestApplies(World world) throws Exception {
    String toV1 = "- backendRefs: [{name: orders-v1, port: 80}]";
    world.config(versions("orders", "v1"), route("orders", toV1));
    world.serve("orders", ok());
    world.serve("stock", ok());
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk().isFrom("v1");

    world.expectWarning("mesh.yaml");
    List<Finding> findings =
        world.tryConfig(
            versions("orders", "v1"),
            route("orders", "- backendRfs: [{name: orders-v2, port: 80}]"),
            versions("stock"),
            policy("stock", "timeout: 150ms"));
    assertThat(findings)
        .extracting(Finding::toString)
        .anyMatch(text -> text.contains("backendRfs") && text.contains("backendRefs"));
    assertThat(web.get(GET)).isOk().isFrom("v1");
    assertThat(web.get("stock/shop.Stock/Get")).isOk();
  }

  @OverEveryTransport
  void call_seesOneConfiguration(World world) throws Exception {
    String rule =
        """
        - filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-meant-for, value: %1$s}]}}]
          backendRefs: [{name: orders-%1$s, port: 80}]
        """;
    String services = versions("orders", "v1", "v2");
    world.config(services, route("orders", rule.formatted("v1")));
    Behaviour honest =
        (request, own) ->
            Reply.of(200).with("x-meant-for", String.valueOf(request.header("x-meant-for")));
    world.serve("orders", honest);
    world.serve("orders", honest, version("v2"));
    Load load = new Load(world.client("web"));
    for (int i = 0; i < 4; i++) {
      world.config(services, route("orders", rule.formatted(i % 2 == 0 ? "v2" : "v1")));
    }
    load.stop();
  }

  @OverEveryTransport
  void instance_stops_withoutAFailedCall(World world) throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    Instance leaving = world.serve("orders", ok().after(latch));
    Caller web = world.client("web");
    Pending inFlight = web.start(Request.post("orders/shop.Orders/Put"));
    world.until("the call is there", () -> leaving.requests().size() == 1);
    leaving.behave(ok());
    Instance staying = world.serve("orders", ok());
    Load load = new Load(web);
    Thread stopping = new Thread(() -> stop(leaving));
    stopping.start();
    world.until("new calls go elsewhere", () -> staying.requests().size() > 20);
    latch.countDown();
    assertThat(inFlight.await()).isOk();
    stopping.join();
    int seen = leaving.requests().size();
    assertThat(web.get(GET, 20).failures()).isEmpty();
    load.stop();
    assertThat(leaving.requests()).hasSize(seen);
  }

  /** OP-04: a new version is rolled out: each instance gets a successor, then it leaves. */
  @OverEveryTransport(styles = Style.BLOCKING)
  void rollingRestart_ofThreeInstances_losesNoCall(World world) throws Exception {
    world.config(versions("orders"));
    List<Instance> old = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      old.add(world.serve("orders", ok()));
    }
    Caller web = world.client("web");
    Load one = new Load(web);
    Load two = new Load(web);
    List<Instance> now = new ArrayList<>();
    for (Instance leaving : old) {
      Instance next = world.serve("orders", ok(), version("v2"));
      now.add(next);
      world.until("the successor is called", () -> next.requests().size() > 10);
      leaving.stop();
    }
    world.until("only the new ones answer", () -> web.reaches(GET, now.toArray(new Instance[0])));
    one.stop();
    two.stop();
  }

  private static void stop(Instance instance) {
    try {
      instance.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A bidirectional stream that has begun is not begun again. */
  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void instance_isKilled_callsGoElsewhere(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "retry: {attempts: 2, on: [connect-failure, reset, unavailable]}"));
    Instance dying = world.serve("orders", ok());
    Instance living = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, dying, living);
    dying.kill();
    assertThat(web.get(GET, 40).failures()).isEmpty();
  }

  /**
   * Calls one after the other, until told to stop; keeps the first answer that is not right: a
   * failure, one that needed another attempt, one that is meant for somebody else.
   */
  private static final class Load {
    private final AtomicReference<Answer> wrong = new AtomicReference<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Thread thread;

    Load(Caller caller) {
      thread =
          new Thread(
              () -> {
                try {
                  while (!stopped.get()) {
                    Answer answer = caller.get(GET);
                    String meant = answer.headers().get("x-meant-for");
                    if (!answer.ok()
                        || answer.attempts().size() != 1
                        || (meant != null && !meant.equals(answer.version()))) {
                      wrong.compareAndSet(null, answer);
                    }
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "load");
      thread.start();
    }

    void stop() throws InterruptedException {
      stopped.set(true);
      thread.join();
      if (wrong.get() != null) {
        throw new AssertionError("not right under load: " + wrong.get());
      }
    }
  }
}
