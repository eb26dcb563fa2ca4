package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static io.inmesh.testing.FakeTransport.inTurn;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.filter.BuiltInFilters;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.RawSettings;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.SessionAffinity;
import io.inmesh.model.SessionAffinity.Carrier;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.route.SessionToken;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sticky sessions. */
class SessionTest extends OrdersCalls {
  private static final String FILTER = "envoy.filters.http.stateful_session";
  private static final String OTHERS = Snapshots.clusterName("others", 80);
  private static final Set<Health> DRAINING =
      Set.of(Health.HEALTHY, Health.DEGRADED, Health.DRAINING);

  private final FakeResponse response = FakeResponse.http(200);

  private static SessionAffinity header(boolean strict) {
    return new SessionAffinity(Carrier.HEADER, "x-session", "", null, null, false, strict);
  }

  private static SessionAffinity cookie(
      String path, @Nullable Duration absolute, @Nullable Duration idle, boolean permanent) {
    return new SessionAffinity(Carrier.COOKIE, "sid", path, absolute, idle, permanent, false);
  }

  private static FilterConfig filter(@Nullable SessionAffinity affinity) {
    return new FilterConfig(
        FILTER,
        BuiltInFilters.SESSIONS,
        affinity == null,
        affinity == null ? new RawSettings(Map.of()) : affinity);
  }

  private static Map<String, FilterConfig> level(@Nullable SessionAffinity affinity) {
    return Map.of(FILTER, filter(affinity));
  }

  private static Cluster orders(Set<Health> sticky, LocalityEndpoints... localities) {
    return new Cluster(
        ORDERS,
        "orders",
        List.of(localities),
        140,
        List.of(),
        new BalancerPolicy(new BalancerPolicy.Algorithm.RoundRobin(), false, 50, null)
            .withSticky(sticky),
        Duration.ofSeconds(5),
        Cluster.Protocol.AUTO,
        io.inmesh.model.CircuitBreakers.NONE,
        null,
        null);
  }

  private static LocalityEndpoints at(int priority, Endpoint... endpoints) {
    return new LocalityEndpoints(Locality.UNKNOWN, priority, 1, Arrays.asList(endpoints));
  }

  /** A service whose listener has the filter, switched off, and whose one route switches it on. */
  private void serve(SessionAffinity affinity, TestRoute route, Cluster... clusters) {
    serve(null, Map.of(), route.filters(level(affinity)), clusters);
  }

  private void serve(
      @Nullable SessionAffinity listener,
      Map<String, FilterConfig> host,
      TestRoute route,
      Cluster... clusters) {
    Snapshots snapshots = Snapshots.builder();
    VirtualHost virtual =
        new VirtualHost(
            "orders",
            List.of("*"),
            List.of(route.build()),
            HeaderChanges.NONE,
            host,
            null,
            List.of(),
            true);
    String name = Snapshots.fqdn("orders") + ":80";
    snapshots.listener(
        new ClientListener(
            name,
            new RouteConfig(name, List.of(virtual), HeaderChanges.NONE, Map.of(), List.of()),
            List.of(filter(listener)),
            null));
    for (Cluster cluster : clusters) {
      snapshots.cluster(cluster);
    }
    mesh.update(snapshots);
  }

  private void serve(SessionAffinity affinity, Endpoint... endpoints) {
    serve(affinity, TestRoute.any().to(ORDERS), orders(DRAINING, at(0, endpoints)));
  }

  private FakeTransport get(String path, String... headers) {
    transport = mesh.transport();
    transport.script(this::answered);
    mesh.start(FakeRequest.get("orders", path, headers), transport);
    return transport;
  }

  private void answered(Attempt attempt) {
    response.headers().remove("x-session");
    response.headers().remove("set-cookie");
    attempt.sent();
    attempt.requestEnd();
    attempt.head(response);
    attempt.end(ResponseHead.NO_GRPC_STATUS, null);
  }

  private static String token(int port) {
    return token(port, 0, 0).plain();
  }

  private static SessionToken token(int port, long expires, long ends) {
    return new SessionToken(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), expires, ends);
  }

  private int port() {
    return transport.ports().get(0);
  }

  private @Nullable String handed() {
    return response.headers().get("x-session");
  }

  private @Nullable String handedCookie() {
    return response.headers().get("set-cookie");
  }

  @Test
  void session_isHandedOut_andKept() {
    serve(header(false), A, B);
    get("/");
    assertThat(handed()).isEqualTo(token(port()));
    for (int i = 0; i < 10; i++) {
      get("/", "x-session", token(2));
      assertThat(port()).isEqualTo(2);
      assertThat(handed()).as("nothing changed").isNull();
    }
  }

  @Test
  void cookie_isHandedOutAsEnvoyDoes() {
    serve(cookie("/cart", Duration.ofSeconds(60), null, true), A);
    get("/cart/1");
    long now = mesh.clock().epochMillis() / 1000;
    assertThat(handedCookie())
        .isEqualTo(
            "sid=\"" + token(1, now + 60, 0).message() + "\"; Max-Age=60; Path=/cart; HttpOnly");
  }

  @ParameterizedTest
  @CsvSource({
    "/cart, /cart, true",
    "/cart, /cart/1, true",
    "/cart, /cart?a=1, true",
    "/cart, /carts, false",
    "/cart, /, false",
    "/cart/, /cart, false",
    "/cart/, /cart/1, true",
    "/, /any, true",
    "'', /any, true"
  })
  void cookie_ofAPath_countsThere(String cookiePath, String path, boolean counts) {
    serve(cookie(cookiePath, null, null, false), A);
    get(path);
    assertThat(handedCookie() != null).isEqualTo(counts);
  }

  /** Seconds since the session began, and since its last request, against its timeouts. */
  @ParameterizedTest
  @CsvSource({
    "100, 0, 0, 0, true",
    "0, 0, 100000, 100000, true",
    "100, 0, 99, 99, true",
    "100, 0, 101, 1, false",
    "0, 10, 5, 5, true",
    "0, 10, 11, 11, false",
    "0, 10, 1000, 9, true",
    "100, 10, 99, 9, true",
    "100, 10, 101, 1, false",
    "100, 10, 50, 11, false"
  })
  void session_livesAsLongAsItsTimeoutsSay(
      int absolute, int idle, int age, int unused, boolean lives) {
    serve(
        cookie(
            "",
            absolute == 0 ? null : Duration.ofSeconds(absolute),
            idle == 0 ? null : Duration.ofSeconds(idle),
            false),
        A,
        B);
    mesh.clock().advanceMillis(2_000_000_000_000L);
    long now = mesh.clock().epochMillis() / 1000;
    long ends = absolute == 0 ? 0 : now - age + absolute;
    long expires = idle == 0 ? ends : now - unused + idle;
    SessionToken given = token(2, expires, idle == 0 ? 0 : ends);
    int kept = 0;
    for (int i = 0; i < 4; i++) {
      get("/", "cookie", "sid=" + given.message());
      kept += port() == 2 ? 1 : 0;
    }
    assertThat(kept == 4).isEqualTo(lives);
  }

  @Test
  void idleSession_isRenewedByUse_butNotBeyondItsEnd() {
    serve(cookie("", Duration.ofSeconds(100), Duration.ofSeconds(10), false), A);
    mesh.clock().advanceMillis(2_000_000_000_000L);
    long now = mesh.clock().epochMillis() / 1000;
    get("/", "cookie", "sid=" + token(1, now + 2, now + 50).message());
    assertThat(handedCookie())
        .isEqualTo("sid=\"" + token(1, now + 10, now + 50).message() + "\"; HttpOnly");
    get("/", "cookie", "sid=" + token(1, now + 2, now + 5).message());
    assertThat(handedCookie())
        .isEqualTo("sid=\"" + token(1, now + 5, now + 5).message() + "\"; HttpOnly");
  }

  @Test
  void endpointThatIsGone_isReplaced() {
    serve(header(false), A);
    get("/", "x-session", token(2));
    assertThat(port()).isEqualTo(1);
    assertThat(handed()).isEqualTo(token(1));
  }

  @Test
  void garbage_isNoSession() {
    serve(header(false), A);
    get("/", "x-session", "??");
    assertThat(handed()).isEqualTo(token(1));
  }

  /** What override_host_status makes of the health of the session's endpoint. */
  @ParameterizedTest
  @CsvSource({
    "HEALTHY, true, true",
    "DEGRADED, true, true",
    "DRAINING, false, true",
    "UNHEALTHY, false, false"
  })
  void health_decidesWhetherASessionIsKept(Health health, boolean usual, boolean draining) {
    Endpoint b = endpoint("127.0.0.1", 2, 1, health);
    Endpoint[] all = {A, endpoint("127.0.0.1", 3), b};
    serve(header(false), TestRoute.any().to(ORDERS), orders(BalancerPolicy.STICKY, at(0, all)));
    get("/", "x-session", token(2));
    assertThat(port() == 2).isEqualTo(usual);
    serve(header(false), all);
    get("/", "x-session", token(2));
    assertThat(port() == 2).isEqualTo(draining);
  }

  @Test
  void lowerPriority_keepsItsSessions() {
    serve(header(false), TestRoute.any().to(ORDERS), orders(DRAINING, at(0, A), at(1, B)));
    get("/", "x-session", token(2));
    assertThat(port()).isEqualTo(2);
    get("/");
    assertThat(port()).isEqualTo(1);
  }

  @Test
  void split_goesToTheShareThatHasTheEndpoint() {
    serve(
        header(false),
        TestRoute.any().to(ORDERS, 999).to(OTHERS, 1),
        orders(DRAINING, at(0, A)),
        Snapshots.cluster(OTHERS, "others", List.of(at(0, B))));
    for (int i = 0; i < 10; i++) {
      get("/", "x-session", token(2));
      assertThat(port()).isEqualTo(2);
    }
  }

  @Test
  void retry_goesToAnotherHost_whichHasTheSessionThen() {
    serve(header(false), TestRoute.any().to(ORDERS).retry(1, "5xx"), orders(DRAINING, at(0, A, B)));
    transport = mesh.transport();
    transport.script(inTurn(answer(503), this::answered));
    mesh.start(FakeRequest.get("orders", "/", "x-session", token(2)), transport);
    mesh.clock().advanceMillis(1000);
    assertThat(transport.ports()).containsExactly(2, 1);
    assertThat(handed()).isEqualTo(token(1));
  }

  @Test
  void hedge_goesToAnotherHost() {
    serve(
        header(false),
        TestRoute.any().to(ORDERS).hedge(Duration.ofMillis(10)),
        orders(DRAINING, at(0, A, B)));
    transport = mesh.transport();
    mesh.start(FakeRequest.get("orders", "/", "x-session", token(2)), transport);
    mesh.clock().advanceMillis(10);
    assertThat(transport.ports()).containsExactly(2, 1);
    answered(transport.attempts().get(1));
    assertThat(handed()).isEqualTo(token(1));
  }

  @Test
  void refusedConnection_movesTheSession() {
    serve(header(false), A, B);
    transport = mesh.transport();
    transport.script(inTurn(fail(Failure.CONNECT), this::answered));
    mesh.start(FakeRequest.get("orders", "/", "x-session", token(2)), transport);
    mesh.clock().advanceMillis(1);
    assertThat(transport.ports()).containsExactly(2, 1);
    get("/", "x-session", token(2));
    assertThat(port()).as("it is avoided for a while").isEqualTo(1);
  }

  @Test
  void connectionThatIsBeingMade_isWaitedFor() {
    serve(header(false), A, B);
    transport = mesh.transport();
    transport.usable(
        new Usable() {
          @Override
          public boolean usable(Endpoint endpoint) {
            return endpoint.equals(A);
          }

          @Override
          public boolean pending(Endpoint endpoint) {
            return endpoint.equals(B);
          }
        });
    transport.script(this::answered);
    mesh.start(FakeRequest.get("orders", "/", "x-session", token(2)), transport);
    assertThat(transport.attempts()).isNotEmpty();
    assertThat(transport.ports()).isEmpty();
    mesh.clock().advanceMillis(1000);
  }

  @Test
  void strict_endpointThatIsGone_fails() {
    serve(header(true), A);
    get("/", "x-session", token(2));
    assertThat(FakeMesh.failure(transport).reason()).isEqualTo(Reason.NO_HEALTHY_ENDPOINT);
    get("/");
    assertThat(handed()).as("a request without session goes anywhere").isEqualTo(token(1));
  }

  @Test
  void strict_retriesStay() {
    serve(header(true), TestRoute.any().to(ORDERS).retry(2, "5xx"), orders(DRAINING, at(0, A, B)));
    transport = mesh.transport();
    transport.script(inTurn(answer(503), answer(503), this::answered));
    mesh.start(FakeRequest.get("orders", "/", "x-session", token(2)), transport);
    mesh.clock().advanceMillis(1000);
    assertThat(transport.ports()).containsExactly(2, 2, 2);
  }

  @Test
  void mostSpecificLevel_says() {
    SessionAffinity listener =
        new SessionAffinity(Carrier.HEADER, "x-a", "", null, null, false, false);
    SessionAffinity host = new SessionAffinity(Carrier.HEADER, "x-b", "", null, null, false, false);
    SessionAffinity share =
        new SessionAffinity(Carrier.HEADER, "x-c", "", null, null, false, false);
    Cluster cluster = orders(DRAINING, at(0, A));
    serve(listener, Map.of(), TestRoute.any().to(ORDERS), cluster);
    get("/");
    assertThat(response.headers().get("x-a")).isNotNull();
    serve(listener, level(host), TestRoute.any().to(ORDERS), cluster);
    get("/");
    assertThat(response.headers().get("x-b")).isNotNull();
    TestRoute route =
        TestRoute.any()
            .to(new WeightedCluster(ORDERS, 1, HeaderChanges.NONE, level(share), 0))
            .filters(level(header(false)));
    serve(listener, level(host), route, cluster);
    get("/");
    assertThat(response.headers().get("x-c")).isNotNull();
    assertThat(handed()).isNull();
    serve(listener, level(host), TestRoute.any().to(ORDERS).filters(level(null)), cluster);
    response.headers().remove("x-b");
    get("/");
    assertThat(response.headers().get("x-b")).isNull();
  }
}
