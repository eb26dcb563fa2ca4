package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.model.AdmissionControl;
import io.inmesh.model.ClientListener;
import io.inmesh.model.FaultInjection;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.InFlightLimit;
import io.inmesh.model.LocalRateLimit;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TokenBucket;
import io.inmesh.model.VirtualHost;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The filters that every process has, on calls. */
class BuiltInFiltersTest {
  private static final String TYPE = "type.googleapis.com/";
  private static final String FAULT = TYPE + "envoy.extensions.filters.http.fault.v3.HTTPFault";
  private static final String RATE =
      TYPE + "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
  private static final String ADMISSION =
      TYPE + "envoy.extensions.filters.http.admission_control.v3.AdmissionControl";
  private static final String IN_FLIGHT = TYPE + "inmesh.filters.v1.InFlightLimit";
  private static final Fraction HALF = new Fraction(50, 100);

  private final FakeMesh mesh = new FakeMesh();

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  private void filtered(String type, Object settings) {
    String orders = Snapshots.clusterName("orders", 80);
    VirtualHost host =
        new VirtualHost(
            "orders",
            List.of("*"),
            List.of(
                TestRoute.prefix("/a").to(orders).retry(3, "5xx").build(),
                TestRoute.any().to(orders).build()),
            HeaderChanges.NONE,
            Map.of(),
            null,
            List.of(),
            false);
    RouteConfig routes =
        new RouteConfig("orders", List.of(host), HeaderChanges.NONE, Map.of(), List.of());
    List<FilterConfig> filters = List.of(new FilterConfig("f", type, false, settings));
    String name = Snapshots.fqdn("orders");
    mesh.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .listener(new ClientListener(name + ":80", routes, filters, null))
            .listener(new ClientListener(name, routes, filters, null)));
  }

  private FakeTransport get(String path, String... headers) {
    FakeTransport transport = mesh.transport().script(answer(200));
    mesh.start(FakeRequest.get("orders", path, headers), transport);
    return transport;
  }

  private static int status(FakeTransport transport) {
    return transport.delivered() != null ? 200 : Objects.requireNonNull(transport.reply()).status();
  }

  // ---- faults ----

  private static FaultInjection fault(
      FaultInjection.@Nullable Delay delay, FaultInjection.@Nullable Abort abort) {
    return new FaultInjection(delay, abort, List.of(), "", -1);
  }

  @Test
  void abort_isTheAnswer_withoutAttemptOrRetry() {
    filtered(FAULT, fault(null, new FaultInjection.Abort(503, -1, Fraction.ALL)));
    FakeTransport transport = get("/a");
    assertThat(status(transport)).isEqualTo(503);
    assertThat(Objects.requireNonNull(transport.reply()).reason()).isEqualTo(Reason.FAULT_INJECTED);
    assertThat(transport.attempts()).isEmpty();
  }

  @Test
  void abort_ofGrpcCalls_hasAGrpcStatus() {
    filtered(FAULT, fault(null, new FaultInjection.Abort(0, 8, Fraction.ALL)));
    FakeTransport transport = mesh.transport();
    mesh.start(FakeRequest.grpc("orders", "/s.S/M"), transport);
    assertThat(Objects.requireNonNull(transport.reply()).grpcStatus()).isEqualTo(8);
    assertThat(status(get("/"))).isEqualTo(429);
  }

  @Test
  void delay_holdsTheRequestBack() {
    filtered(FAULT, fault(new FaultInjection.Delay(Duration.ofMillis(70), Fraction.ALL), null));
    FakeTransport transport = get("/");
    mesh.clock().advanceMillis(69);
    assertThat(transport.attempts()).isEmpty();
    mesh.clock().advanceMillis(1);
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void cancelledDuringTheDelay_leavesNoTimer() {
    filtered(FAULT, fault(new FaultInjection.Delay(Duration.ofMillis(70), Fraction.ALL), null));
    FakeTransport transport = mesh.transport().script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), transport).cancel();
    assertThat(mesh.clock().pending()).isZero();
  }

  @Test
  void delayAndAbort_areDrawnIndependently() {
    filtered(
        FAULT,
        fault(
            new FaultInjection.Delay(Duration.ofMillis(10), HALF),
            new FaultInjection.Abort(500, -1, HALF)));
    int[] seen = new int[4];
    for (int i = 0; i < 2_000; i++) {
      FakeTransport transport = get("/");
      int delayed = transport.answered() ? 0 : 1;
      mesh.clock().advanceMillis(10);
      seen[delayed * 2 + (status(transport) == 500 ? 1 : 0)]++;
    }
    for (int each : seen) {
      assertThat(each).isBetween(420, 580);
    }
  }

  @Test
  void headers_sayWhat_andCanOnlyLowerTheShare() {
    filtered(
        FAULT,
        fault(new FaultInjection.Delay(null, Fraction.ALL), new FaultInjection.Abort(0, -1, HALF)));
    assertThat(status(get("/"))).isEqualTo(200);
    int aborted = 0;
    for (int i = 0; i < 1_000; i++) {
      String[] asked = {
        "x-envoy-fault-abort-request", "418", "x-envoy-fault-abort-request-percentage", "90"
      };
      aborted += status(get("/", asked)) == 418 ? 1 : 0;
    }
    assertThat(aborted).isBetween(430, 570);
    FakeTransport delayed = get("/", "x-envoy-fault-delay-request", "30");
    assertThat(delayed.answered()).isFalse();
    mesh.clock().advanceMillis(30);
    assertThat(delayed.delivered()).isNotNull();
  }

  @Test
  void activeFaults_areBounded() {
    filtered(
        FAULT,
        new FaultInjection(
            new FaultInjection.Delay(Duration.ofMillis(50), Fraction.ALL), null, List.of(), "", 2));
    FakeTransport one = get("/");
    FakeTransport two = get("/");
    FakeTransport three = get("/");
    assertThat(List.of(one.answered(), two.answered(), three.answered()))
        .containsExactly(false, false, true);
    mesh.clock().advanceMillis(50);
    FakeTransport four = get("/");
    assertThat(four.answered()).isFalse();
    mesh.clock().advanceMillis(50);
  }

  // ---- limits ----

  private static LocalRateLimit rate(int requests, boolean headers) {
    return new LocalRateLimit(
        new TokenBucket(requests, requests, Duration.ofSeconds(1)),
        List.of(),
        List.of(),
        Fraction.ALL,
        Fraction.ALL,
        429,
        false,
        headers,
        List.of(),
        true,
        20);
  }

  @Test
  void rateLimit_refusesBeyondTheBucket_sharedByAllRoutes() {
    filtered(RATE, rate(3, true));
    assertThat(status(get("/a"))).isEqualTo(200);
    assertThat(status(get("/b"))).isEqualTo(200);
    assertThat(status(get("/a"))).isEqualTo(200);
    FakeTransport refused = get("/b");
    assertThat(status(refused)).isEqualTo(429);
    assertThat(Objects.requireNonNull(refused.reply()).headers())
        .contains(Map.entry("x-ratelimit-limit", "3"), Map.entry("x-ratelimit-remaining", "0"));
    mesh.clock().advanceMillis(340);
    assertThat(status(get("/a"))).isEqualTo(200);
  }

  @Test
  void rateLimit_sameSettingsInANewConfiguration_keepTheirBucket() {
    filtered(RATE, rate(2, false));
    get("/");
    get("/");
    filtered(RATE, rate(2, false));
    assertThat(status(get("/"))).isEqualTo(429);
    filtered(RATE, rate(5, false));
    assertThat(status(get("/"))).isEqualTo(200);
  }

  @Test
  void rateLimit_descriptors_haveBucketsOfTheirOwn() {
    TokenBucket one = new TokenBucket(1, 1, Duration.ofSeconds(1));
    filtered(
        RATE,
        described(
            List.of(
                new LocalRateLimit.Descriptor(List.of(Map.entry("user", "")), one),
                new LocalRateLimit.Descriptor(
                    List.of(Map.entry("user", "root")),
                    new TokenBucket(2, 2, Duration.ofSeconds(1)))),
            new LocalRateLimit.Action.Header("user", "x-user", false)));
    assertThat(status(get("/", "x-user", "a"))).isEqualTo(200);
    assertThat(status(get("/", "x-user", "a"))).isEqualTo(429);
    assertThat(status(get("/", "x-user", "b"))).isEqualTo(200);
    assertThat(status(get("/", "x-user", "root"))).isEqualTo(200);
    assertThat(status(get("/", "x-user", "root"))).isEqualTo(200);
    assertThat(status(get("/", "x-user", "root"))).isEqualTo(429);
    assertThat(status(get("/"))).isEqualTo(200);
    String lengthy = "x".repeat(9_000);
    assertThat(status(get("/", "x-user", lengthy + "a"))).isEqualTo(200);
    assertThat(status(get("/", "x-user", lengthy + "a"))).isEqualTo(429);
    assertThat(status(get("/", "x-user", lengthy + "b"))).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/login", "/login;a?b=c", "/log%69n/x", "/login%3Aas"})
  void rateLimit_byPath_isNotEvadedByAnotherSpelling(String path) {
    HeaderMatch login =
        new HeaderMatch(
            ":path",
            new HeaderMatch.Test.Value(new StringMatch.Regex("/login(%3Aas|([/?].*)?)")),
            false,
            false);
    filtered(
        RATE,
        described(
            List.of(
                new LocalRateLimit.Descriptor(
                    List.of(Map.entry("path", "login")),
                    new TokenBucket(1, 1, Duration.ofSeconds(1)))),
            new LocalRateLimit.Action.HeaderMatches("path", "login", true, List.of(login))));
    assertThat(status(get("/login"))).isEqualTo(200);
    assertThat(status(get(path))).isEqualTo(429);
    assertThat(status(get("/logout;a"))).isEqualTo(200);
  }

  private static LocalRateLimit described(
      List<LocalRateLimit.Descriptor> descriptors, LocalRateLimit.Action by) {
    return new LocalRateLimit(
        null,
        descriptors,
        List.of(List.of(by)),
        Fraction.ALL,
        Fraction.ALL,
        429,
        false,
        false,
        List.of(),
        true,
        20);
  }

  @Test
  void inFlight_beyondTheLimit_isRefusedAtOnce() {
    filtered(IN_FLIGHT, new InFlightLimit(1));
    FakeTransport slow = mesh.transport();
    mesh.start(FakeRequest.get("orders", "/"), slow);
    assertThat(status(get("/"))).isEqualTo(503);
    answer(200).accept(slow.attempt());
    assertThat(status(get("/"))).isEqualTo(200);
  }

  @Test
  void admission_refusesInProportionToFailures() {
    filtered(
        ADMISSION,
        new AdmissionControl(
            Fraction.ALL,
            Duration.ofSeconds(30),
            95,
            1,
            0,
            80,
            List.of(new AdmissionControl.Range(100, 500)),
            Set.of(0)));
    int sent = 0;
    for (int i = 0; i < 2_000; i++) {
      FakeTransport transport = mesh.transport().script(answer(500));
      mesh.start(FakeRequest.get("orders", "/b"), transport);
      sent += transport.attempts().size();
      mesh.clock().advanceMillis(5);
    }
    // All fail: at most 80 % are refused.
    assertThat(sent).isBetween(330, 500);
    mesh.clock().advanceMillis(31_000);
    assertThat(status(get("/"))).isEqualTo(200);
  }
}
