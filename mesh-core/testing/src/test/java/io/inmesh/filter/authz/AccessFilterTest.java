package io.inmesh.filter.authz;

import static io.inmesh.filter.authz.Rules.ANY;
import static io.inmesh.filter.authz.Rules.NEVER;
import static io.inmesh.filter.authz.Rules.all;
import static io.inmesh.filter.authz.Rules.allow;
import static io.inmesh.filter.authz.Rules.any;
import static io.inmesh.filter.authz.Rules.below;
import static io.inmesh.filter.authz.Rules.deny;
import static io.inmesh.filter.authz.Rules.filter;
import static io.inmesh.filter.authz.Rules.header;
import static io.inmesh.filter.authz.Rules.identity;
import static io.inmesh.filter.authz.Rules.method;
import static io.inmesh.filter.authz.Rules.namespace;
import static io.inmesh.filter.authz.Rules.not;
import static io.inmesh.filter.authz.Rules.path;
import static io.inmesh.filter.authz.Rules.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessRules;
import io.inmesh.model.Cidr;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.IpLiteral;
import io.inmesh.model.PathMatch;
import io.inmesh.model.PathPolicy;
import io.inmesh.model.PathPolicy.EscapedSlashes;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.ServerListener;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.VirtualHost;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AccessFilterTest {
  private static final String WEB = "spiffe://cluster.local/ns/shop/sa/web";
  private static final Peer FRIEND = peer(WEB);
  private static final Peer STRANGER = peer(null);

  private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
  private final FakeMesh mesh =
      new FakeMesh(
          EngineSettings.insecure("orders", "default"),
          builder ->
              builder.telemetry(
                  OpenTelemetrySdk.builder()
                      .setMeterProvider(
                          SdkMeterProvider.builder().registerMetricReader(metrics).build())
                      .build()));
  private final Inbound inbound = mesh.engine().inbound(8080);

  private static Peer peer(@Nullable String identity) {
    return new Peer(
        new InetSocketAddress(ip("10.1.2.3"), 40_000),
        identity == null ? null : SpiffeId.parse(identity),
        identity != null,
        new InetSocketAddress(ip("10.9.9.9"), 8080),
        identity == null ? null : "orders.shop");
  }

  private static InetAddress ip(String text) {
    return Objects.requireNonNull(IpLiteral.parse(text));
  }

  private static Cidr cidr(String network, int prefix) {
    return new Cidr(ip(network), prefix);
  }

  private void serve(FilterConfig... filters) {
    mesh.update(Snapshots.builder().server(8080, filters));
  }

  private boolean passes(RequestHead head, Peer peer) {
    return inbound.admit(head, peer) instanceof Admission.Allowed;
  }

  private static FakeRequest get(String path, String... headers) {
    return FakeRequest.get("orders", path, headers);
  }

  @Test
  void refusal_tellsNothing() {
    serve(filter("allow", allow()));
    LocalReply http = ((Admission.Denied) inbound.admit(get("/"), FRIEND)).reply();
    assertThat(http.status()).isEqualTo(403);
    assertThat(http.grpcStatus()).isEqualTo(7);
    assertThat(http.body()).isEqualTo("RBAC: access denied");
    assertThat(http.headers()).isEmpty();
    assertThat(http.reason()).isEqualTo(Reason.DENIED);
  }

  @Test
  void order_auditThenDenyThenAllow() {
    serve(
        filter("audit", new AccessRules(AccessRules.Action.LOG, List.of(policy("a", ANY, ANY)))),
        filter("deny", deny(policy("d", path("/admin"), ANY))),
        filter("allow", allow(policy("r", below("/"), identity(WEB)))));
    assertThat(passes(get("/x"), FRIEND)).isTrue();
    assertThat(passes(get("/admin"), FRIEND)).isFalse();
    assertThat(passes(get("/x"), STRANGER)).isFalse();
  }

  @Test
  void emptyRules_allowNothingAndDenyNothing() {
    serve(filter("allow", allow()));
    assertThat(passes(get("/"), FRIEND)).isFalse();
    serve(filter("deny", deny()));
    assertThat(passes(get("/"), FRIEND)).isTrue();
    serve(filter("allow", allow(policy("never", NEVER, NEVER))));
    assertThat(passes(get("/"), FRIEND)).isFalse();
  }

  @Test
  void change_takesEffectOnTheNextRequest() {
    serve(filter("deny", deny(policy("d", path("/a"), ANY))));
    assertThat(passes(get("/a"), FRIEND)).isFalse();
    serve(filter("deny", deny(policy("d", path("/b"), ANY))));
    assertThat(passes(get("/a"), FRIEND)).isTrue();
    assertThat(passes(get("/b"), FRIEND)).isFalse();
  }

  static Stream<Arguments> conditions() {
    return Stream.of(
        Arguments.of(ANY, true, true),
        Arguments.of(NEVER, false, false),
        Arguments.of(all(), true, true),
        Arguments.of(any(), false, false),
        Arguments.of(identity(WEB), true, false),
        Arguments.of(identity(WEB + "x"), false, false),
        Arguments.of(new AccessMatch.Identity(null), true, false),
        Arguments.of(not(identity(WEB)), false, true),
        Arguments.of(namespace("shop"), true, false),
        Arguments.of(namespace("sho"), false, false),
        Arguments.of(new AccessMatch.Identity(new StringMatch.Regex(".*/ns/sh.*/.*")), true, false),
        Arguments.of(
            new AccessMatch.Identity(new StringMatch.Prefix("spiffe://cluster.local/", false)),
            true,
            false),
        Arguments.of(new AccessMatch.PeerIp(cidr("10.1.0.0", 16)), true, true),
        Arguments.of(new AccessMatch.PeerIp(cidr("10.1.2.2", 31)), true, true),
        Arguments.of(new AccessMatch.PeerIp(cidr("10.1.2.4", 30)), false, false),
        Arguments.of(new AccessMatch.PeerIp(cidr("::", 0)), false, false),
        Arguments.of(new AccessMatch.RemoteIp(cidr("192.0.2.7", 32)), true, false),
        Arguments.of(new AccessMatch.RemoteIp(cidr("10.1.2.3", 32)), false, true),
        Arguments.of(new AccessMatch.LocalIp(cidr("10.9.9.9", 32)), true, true),
        Arguments.of(new AccessMatch.LocalIp(cidr("10.9.9.8", 32)), false, false),
        Arguments.of(new AccessMatch.LocalPort(8080, 8080), true, true),
        Arguments.of(new AccessMatch.LocalPort(8081, 9000), false, false),
        Arguments.of(
            new AccessMatch.ServerName(new StringMatch.Exact("orders.shop", false)), true, false),
        Arguments.of(method("GET"), true, true),
        Arguments.of(method("POST"), false, false),
        Arguments.of(header(":authority", new StringMatch.Exact("ORDERS", true)), true, true),
        Arguments.of(header("tier", new StringMatch.Suffix("ld", false)), true, true),
        Arguments.of(header("tier", new StringMatch.Exact("silver", false)), false, false),
        Arguments.of(header("absent", new StringMatch.Exact("", false)), false, false),
        Arguments.of(path("/api/v1"), true, true),
        Arguments.of(path("/api"), false, false),
        Arguments.of(below("/api"), true, true),
        Arguments.of(new AccessMatch.Path(new StringMatch.Suffix("/v1", false)), true, true),
        Arguments.of(new AccessMatch.PathTemplate("/api/*"), true, true),
        Arguments.of(new AccessMatch.PathTemplate("/*"), false, false),
        Arguments.of(new AccessMatch.PathTemplate("/**"), true, true),
        Arguments.of(any(path("/x"), all(path("/api/v1"), method("GET"))), true, true),
        Arguments.of(not(any(path("/x"), method("GET"))), false, false));
  }

  @ParameterizedTest
  @MethodSource("conditions")
  void condition_matchesAFriendAndAStranger(AccessMatch match, boolean friend, boolean stranger) {
    RequestHead head = get("/api/v1?q=1", "tier", "gold", "x-forwarded-for", "1.1.1.1, 192.0.2.7");
    serve(filter("as permission", allow(policy("p", match, ANY))));
    assertThat(passes(head, FRIEND)).isEqualTo(friend);
    assertThat(passes(head, STRANGER)).isEqualTo(stranger);
    serve(filter("as principal", deny(policy("p", ANY, match))));
    assertThat(passes(head, FRIEND)).isEqualTo(!friend);
    assertThat(passes(head, STRANGER)).isEqualTo(!stranger);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/*/c, /a/b/c, true",
    "/a/*/c, /a/b/d, false",
    "/a/*/c, /a//c, false",
    "/a/*/c, /a/b/x/c, false",
    "/a/*, /a/b, true",
    "/a/*, /a/, false",
    "/a/*, /a/b/c, false",
    "/*.m4s, /1080p.m4s, true",
    "/*.m4s, /a.m4s.m4s, true",
    "/*.m4s, /.m4s, false",
    "/a/**, /a/b/c, true",
    "/a/**, /a/, true",
    "/a/**, /a, false",
    "/**.mpd, /x/y/m.mpd, true",
    "/**.mpd, /x/y/m.mpe, false",
    "/a/*/b/**, /a/1/b/2/3, true",
    "/a/*/b/**, /a/1/c/2, false",
    "/exact, /exact, true",
    "/exact, /exactly, false"
  })
  void pathTemplate_matchesSegments(String template, String path, boolean matches) {
    assertThat(new PathTemplate(template).matches(path)).isEqualTo(matches);
  }

  @Test
  void forwardedFor_isHonouredFromAuthenticatedPeersOnly() {
    serve(filter("deny", deny(policy("d", ANY, new AccessMatch.RemoteIp(cidr("10.1.2.3", 32))))));
    assertThat(passes(get("/", "x-forwarded-for", "192.0.2.7"), STRANGER)).isFalse();
    assertThat(passes(get("/", "x-forwarded-for", "localhost"), FRIEND)).isFalse();
    assertThat(passes(get("/", "x-forwarded-for", "192.0.2.7"), FRIEND)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "/admin, 403",
    "/admin?x=1, 403",
    "/admin;x=1, 403",
    "/admin;, 403",
    "/public/../admin, 403",
    "/public/%2e%2e/admin, 403",
    "//admin, 403",
    "/./admin, 403",
    "/%61dmin, 403",
    "/public\\..\\admin, 403",
    "/public/..;/admin, 400",
    "/public/..%2fadmin, 400",
    "/%2e%2e%2fadmin, 400",
    "/%252e%252e/admin, 400",
    "/admin%00, 400",
    "/ADMIN, 200",
    "/public, 200"
  })
  void pathBypasses_areRefused(String path, int status) {
    mesh.update(
        Snapshots.builder()
            .server(
                new ServerListener(
                    8080,
                    new RouteConfig("inbound", List.of(), HeaderChanges.NONE, Map.of(), List.of()),
                    List.of(filter("deny", deny(policy("d", path("/admin"), ANY)))),
                    ServerTlsPolicy.DISABLED,
                    new PathPolicy(true, true, EscapedSlashes.REFUSE))));
    Admission admission = inbound.admit(get(path), STRANGER);
    assertThat(admission instanceof Admission.Denied denied ? denied.reply().status() : 200)
        .isEqualTo(status);
  }

  private static Route route(PathMatch path, Map<String, FilterConfig> filters) {
    return new Route(
        path.toString(),
        new RouteMatch(path, List.of(), List.of(), false, Fraction.ALL),
        new RouteAction.NonForwarding(),
        HeaderChanges.NONE,
        filters,
        "");
  }

  @ParameterizedTest
  @CsvSource({
    "/admin, false",
    "/admin?x=1, false",
    "/admin;x=1, false",
    "/admin;x=1?y=2, false",
    "/other, true",
    "/other;/admin, true"
  })
  void rulesOfARoute_areForThePathWithoutParameters(String path, boolean passes) {
    Map<String, FilterConfig> none =
        Map.of("deny", filter("deny", new AccessControl(null, null, "")));
    RouteConfig routes =
        new RouteConfig(
            "inbound",
            List.of(
                new VirtualHost(
                    "all",
                    List.of("*"),
                    List.of(
                        route(new PathMatch.Exact("/admin", true), Map.of()),
                        route(new PathMatch.Prefix("/", true), none)),
                    HeaderChanges.NONE,
                    Map.of(),
                    null,
                    List.of(),
                    false)),
            HeaderChanges.NONE,
            Map.of(),
            List.of());
    mesh.update(
        Snapshots.builder()
            .server(
                new ServerListener(
                    8080,
                    routes,
                    List.of(filter("deny", deny(policy("d", ANY, ANY)))),
                    ServerTlsPolicy.DISABLED)));
    assertThat(passes(get(path), STRANGER)).isEqualTo(passes);
  }

  @Test
  void dryRun_isCountedAndNotEnforced() {
    serve(
        filter(
            "trial",
            new AccessControl(null, deny(policy("p", path("/a"), ANY)), "istio_dry_run_deny_")));
    assertThat(passes(get("/a"), FRIEND)).isTrue();
    assertThat(passes(get("/b"), FRIEND)).isTrue();
    assertThat(counts()).isEqualTo(Map.of("shadow_denied p", 1L, "shadow_allowed ", 1L));
  }

  @Test
  void decisions_areCountedByTheFirstPolicyByName() {
    serve(
        filter("deny", deny(policy("d", path("/admin"), ANY))),
        filter("allow", allow(policy("a", below("/api"), ANY), policy("b", path("/api/v1"), ANY))));
    assertThat(passes(get("/api/v1"), FRIEND)).isTrue();
    assertThat(passes(get("/admin"), FRIEND)).isFalse();
    assertThat(passes(get("/other"), FRIEND)).isFalse();
    assertThat(counts())
        .isEqualTo(Map.of("allowed ", 2L, "allowed a", 1L, "denied d", 1L, "denied ", 1L));
  }

  private Map<String, Long> counts() {
    return metrics.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals("inmesh.server.authorization"))
        .flatMap(metric -> metric.getLongSumData().getPoints().stream())
        .collect(
            java.util.stream.Collectors.toMap(
                point ->
                    point.getAttributes().get(AccessMetrics.RESULT)
                        + " "
                        + point.getAttributes().get(AccessMetrics.POLICY),
                LongPointData::getValue));
  }
}
