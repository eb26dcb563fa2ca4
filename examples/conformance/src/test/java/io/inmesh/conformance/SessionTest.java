package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.Objects;

/** LB-09. */
class SessionTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String HEADER = "x-session";

  private static String sticky(String session) {
    return route(
        "orders", "- backendRefs: [{name: orders, port: 80}]\n  sessionPersistence: " + session);
  }

  /** Begins a session, and tells what has to be sent to stay in it. */
  private static String begin(Caller web) throws InterruptedException {
    Answer first = web.get(GET);
    assertThat(first).isOk();
    return Objects.requireNonNull(first.headers().get(HEADER), "no session was handed out");
  }

  private static String host(Caller web, String session) throws InterruptedException {
    Answer answer = web.call(Request.get(GET).header(HEADER, session));
    assertThat(answer).isOk();
    return answer.host();
  }

  @OverEveryTransport
  void header_keepsTheSession_alsoWhileItsEndpointDrains_andMovesItWhenThatIsGone(World world)
      throws Exception {
    world.config(versions("orders"), sticky("{type: Header, sessionName: X-Session}"));
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Caller web = world.client("web");
    String session = begin(web);
    String home = host(web, session);
    web.meet(GET, a, b); // calls of no session go anywhere
    for (int i = 0; i < 20; i++) {
      assertThat(host(web, session)).isEqualTo(home);
    }

    Instance leaving = home.equals(a.host()) ? a : b;
    Instance staying = leaving == a ? b : a;
    leaving.drain();
    for (int i = 0; i < 10; i++) {
      assertThat(host(web, session)).isEqualTo(home);
      assertThat(web.get(GET).host()).as("a new session").isEqualTo(staying.host());
    }

    leaving.stop();
    Answer moved = web.call(Request.get(GET).header(HEADER, session));
    assertThat(moved).isOk();
    assertThat(moved.host()).isEqualTo(staying.host());
    String next = moved.headers().get(HEADER);
    assertThat(next).isNotNull().isNotEqualTo(session);
    assertThat(web.call(Request.get(GET).header(HEADER, next))).lacksHeader(HEADER);
  }

  @OverEveryTransport
  void cookie_keepsTheSession(World world) throws Exception {
    world.config(
        versions("orders"),
        sticky("{sessionName: sid, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}"));
    world.serve("orders", ok());
    world.serve("orders", ok());
    Caller web = world.client("web");
    Answer first = web.get(GET);
    String cookie = first.headers().getOrDefault("set-cookie", "");
    assertThat(cookie).startsWith("sid=\"").endsWith("; Max-Age=3600; Path=/; HttpOnly");
    String sent = cookie.substring(0, cookie.indexOf(';'));
    for (int i = 0; i < 20; i++) {
      Answer answer = web.call(Request.get(GET).header("cookie", "other=1; " + sent));
      assertThat(answer).isOk().lacksHeader("set-cookie");
      assertThat(answer.host()).isEqualTo(first.host());
    }
  }

  @OverEveryTransport
  void labelOfAService_isEnough(World world) throws Exception {
    world.config(
        versions("orders")
            .replace(
                "{name: orders}",
                "{name: orders, labels: {istio.io/persistent-session-header: x-session}}"));
    world.serve("orders", ok());
    world.serve("orders", ok());
    Caller web = world.client("web");
    String session = begin(web);
    String home = host(web, session);
    for (int i = 0; i < 20; i++) {
      assertThat(host(web, session)).isEqualTo(home);
    }
  }

  // Not retried once something was sent.
  @OverEveryTransport(except = {Transport.GRPC_BIDI, Transport.GRPC_CLIENT_STREAM})
  void failure_isRetriedElsewhere_andTakesTheSessionAlong(World world) throws Exception {
    world.config(
        versions("orders"),
        sticky("{type: Header, sessionName: x-session}"),
        policy("orders", "retry: {attempts: 1, codes: [503], on: [unavailable]}"));
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Caller web = world.client("web");
    String session = begin(web);
    String home = host(web, session);
    (home.equals(a.host()) ? a : b).behave(status(503));
    Answer answer = web.call(Request.get(GET).header(HEADER, session));
    assertThat(answer).isOk().hasAttempts(2);
    assertThat(answer.host()).isNotEqualTo(home);
    assertThat(answer.headers().get(HEADER)).isNotNull().isNotEqualTo(session);
  }

  @OverEveryTransport
  void split_keepsTheSessionInItsShare(World world) throws Exception {
    world.config(
        versions("orders", "v1", "v2"),
        route(
            "orders",
            """
            - backendRefs:
              - {name: orders-v1, port: 80}
              - {name: orders-v2, port: 80}
              sessionPersistence: {type: Header, sessionName: x-session}
            """));
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web");
    String session = begin(web);
    String home = host(web, session);
    for (int i = 0; i < 20; i++) {
      assertThat(host(web, session)).isEqualTo(home);
    }
  }
}
