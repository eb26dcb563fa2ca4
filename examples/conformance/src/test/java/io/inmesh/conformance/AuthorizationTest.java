package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.get;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.testing.TestIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** AZ-01 … AZ-03, AZ-05 … AZ-07, AZ-09, AZ-11, AZ-13, AZ-14, CN-11: from file to socket. */
class AuthorizationTest {
  private static final Request GET = post("orders/shop.Orders/Get");
  private static final Request PUT = post("orders/shop.Stock/Put");

  /** A rule, a request it matches and one it does not; null: there is none. */
  private record Row(String rule, @Nullable Request matching, @Nullable Request other) {}

  private static Row to(String operation, Request matching, Request other) {
    return new Row("to: [{operation: {" + operation + "}}]", matching, other);
  }

  private static Row always(String rule) {
    return new Row(rule, GET, null);
  }

  private static Row never(String rule) {
    return new Row(rule, null, GET);
  }

  private static Row when(
      String key, String values, @Nullable Request matching, @Nullable Request other) {
    return new Row("when: [{key: '" + key + "', " + values + "}]", matching, other);
  }

  private static List<Row> rows(int port, boolean grpc) {
    Request gold = GET.header("tier", "gold");
    Request red = GET.header("tier", "red");
    List<Row> rows =
        new ArrayList<>(
            List.of(
                to("paths: [/shop.Orders/Get]", GET, PUT),
                to("paths: [/a, '/shop.Orders/*']", GET, PUT),
                to("paths: ['*/Get']", GET, PUT),
                to("paths: ['/shop.Orders/{*}']", GET, PUT),
                to("paths: ['/{*}/Get']", GET, PUT),
                to("notPaths: [/shop.Stock/Put]", GET, PUT),
                to("paths: ['/shop*'], notPaths: ['*/Put']", GET, PUT),
                always("to: [{operation: {paths: ['*']}}]"),
                always("to: [{operation: {paths: ['/{**}']}}]"),
                always("to: [{operation: {methods: [POST]}}]"),
                never("to: [{operation: {notMethods: [POST]}}]"),
                never("to: [{operation: {methods: [DELETE]}}]"),
                always("to: [{operation: {ports: ['" + port + "']}}]"),
                never("to: [{operation: {ports: ['1']}}]"),
                always("to: [{operation: {notPorts: ['1']}}]"),
                always("to: [{operation: {paths: [/x]}}, {operation: {methods: ['*']}}]"),
                always("{}"),
                always("from: [{source: {ipBlocks: [127.0.0.0/8]}}]"),
                always("from: [{source: {notIpBlocks: [10.0.0.0/8]}}]"),
                never("from: [{source: {ipBlocks: [10.0.0.0/8, '::1']}}]"),
                always("from: [{source: {remoteIpBlocks: [127.0.0.1]}}]"),
                never("from: [{source: {notRemoteIpBlocks: [127.0.0.1]}}]"),
                never("from: [{source: {principals: ['*']}}]"),
                always("from: [{source: {notPrincipals: ['*']}}]"),
                never("from: [{source: {namespaces: [default]}}]"),
                always("from: [{source: {notNamespaces: [default]}}]"),
                never("from: [{source: {serviceAccounts: [default/web]}}]"),
                never("from: [{source: {trustDomains: ['*']}}]"),
                never("from: [{source: {requestPrincipals: ['*']}}]"),
                new Row(
                    "from: [{source: {ipBlocks: [127.0.0.1]}}], to: [{operation: {paths:"
                        + " ['*/Get']}}]",
                    GET,
                    PUT)));
    rows.addAll(
        List.of(
            when("request.headers[tier]", "values: [gold]", gold, red),
            when("request.headers[Tier]", "values: ['go*', x]", gold, red),
            when("request.headers[tier]", "values: ['*ld']", gold, red),
            when("request.headers[tier]", "values: ['*']", gold, GET),
            when("request.headers[tier]", "notValues: [red]", gold, red),
            when("source.ip", "values: [127.0.0.1]", GET, null),
            when("source.ip", "notValues: [127.0.0.1]", null, GET),
            when("remote.ip", "values: [127.0.0.0/8]", GET, null),
            when("destination.port", "values: ['" + port + "']", GET, null),
            when("destination.port", "values: ['1']", null, GET),
            when("destination.ip", "values: [127.0.0.1]", GET, null),
            when("connection.sni", "values: ['*']", null, GET),
            when("source.principal", "values: ['*']", null, GET),
            when("source.namespace", "notValues: [default]", GET, null)));
    if (!grpc) {
      rows.add(to("methods: [POST]", GET, get("orders/shop.Orders/Get")));
      rows.add(to("hosts: [ORDERS]", GET, post("orders.default/shop.Orders/Get")));
      rows.add(to("hosts: ['orders.*']", post("orders.default/shop.Orders/Get"), GET));
      rows.add(to("notHosts: [orders.default]", GET, post("orders.default/shop.Orders/Get")));
      rows.add(to("hosts: [orders]", post("orders:80/shop.Orders/Get"), post("orders.default/a")));
    }
    return rows;
  }

  private static String policy(String name, String action, String rules) {
    return policy(name, action, rules, "");
  }

  private static String policy(String name, String action, String rules, String more) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: %s}
    spec:
      action: %s
      rules: %s
      %s
    """
        .formatted(name, action, rules, more);
  }

  private static void decide(World world, Caller web, Row row) throws Exception {
    String rules = "[{" + row.rule().replaceFirst("^\\{}$", "") + "}]";
    world.config(versions("orders"), policy("p", "ALLOW", rules));
    check(web, row, true, false);
    world.config(versions("orders"), policy("p", "DENY", rules));
    check(web, row, false, true);
  }

  private static void check(Caller web, Row row, boolean matching, boolean other) throws Exception {
    expect(web, row, row.matching(), matching);
    expect(web, row, row.other(), other);
  }

  private static void expect(Caller web, Row row, @Nullable Request request, boolean passes)
      throws Exception {
    if (request != null) {
      Answer answer = web.call(request);
      assertThat(answer.ok()).as("%s: %s of %s", request, answer, row.rule()).isEqualTo(passes);
      if (!passes) {
        assertThat(answer).isLocal(403);
      }
    }
  }

  // Of callers without an identity; those with one are PeerAuthorizationTest's.
  @OverEveryTransport(except = Transport.H2_MTLS, also = Transport.SPRING)
  void everyOperator_decidesAsIstioSays(World world) throws Exception {
    world.config(versions("orders"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    world.expectWarning("IM2034"); // a condition on tokens that nobody authenticates
    for (Row row : rows(orders.port(), world.transport().grpc())) {
      decide(world, web, row);
    }
  }

  @OverEveryTransport(also = Transport.SPRING)
  void actions_areCombinedAsIstioSays(World world) throws Exception {
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    world.expectWarning("IM1309"); // a DENY policy without rules
    String getters = "[{to: [{operation: {paths: ['*/Get']}}]}]";
    assertThat(web.call(GET)).isOk();
    world.config(versions("orders"), policy("nothing", "ALLOW", "[]"));
    assertThat(web.call(GET)).isLocal(403);
    world.config(versions("orders"), policy("nothing", "DENY", "[]"));
    assertThat(web.call(GET)).isOk();
    world.config(versions("orders"), policy("a", "ALLOW", "[{}]"), policy("d", "DENY", getters));
    assertThat(web.call(GET)).as("DENY before ALLOW").isLocal(403);
    assertThat(web.call(PUT)).isOk();
    world.config(
        versions("orders"), policy("nothing", "ALLOW", "[]"), policy("getters", "ALLOW", getters));
    assertThat(web.call(GET)).as("any ALLOW").isOk();
    assertThat(web.call(PUT)).isLocal(403);
    world.config(versions("orders"), policy("audit", "AUDIT", "[{}]"));
    assertThat(web.call(GET)).isOk();
    world.config(
        versions("orders"),
        policy("trial", "DENY", "[{}]")
            .replace("{name: trial}", "{name: trial, annotations: {istio.io/dry-run: 'true'}}"));
    assertThat(web.call(GET)).as("dry run").isOk();
  }

  @OverEveryTransport
  void scope_isNamespaceSelectorOrService(World world) throws Exception {
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    String selects = "selector: {matchLabels: {app: %s}}";
    world.config(versions("orders"), policy("p", "DENY", "[{}]", selects.formatted("stock")));
    assertThat(web.call(GET)).isOk();
    world.config(versions("orders"), policy("p", "DENY", "[{}]", selects.formatted("orders")));
    assertThat(web.call(GET)).isLocal(403);
    world.config(
        versions("orders"),
        policy("p", "DENY", "[{}]", "targetRefs: [{kind: Service, group: '', name: orders}]"));
    assertThat(web.call(GET)).isLocal(403);
    world.config(
        versions("orders"),
        policy("p", "DENY", "[{}]").replace("{name: p}", "{name: p, namespace: elsewhere}"));
    assertThat(web.call(GET)).isOk();
    world.config(
        versions("orders"),
        policy("p", "DENY", "[{}]").replace("{name: p}", "{name: p, namespace: inmesh-system}"));
    assertThat(web.call(GET)).as("the root namespace is for all").isLocal(403);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void routePolicies_areForTheRequestsOfTheirRoute(World world) throws Exception {
    String routes =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: stock}
        spec:
          parentRefs: [{group: "", kind: Service, name: orders}]
          rules:
          - matches: [{path: {value: /shop.Stock}}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: rest}
        spec:
          parentRefs: [{group: "", kind: Service, name: orders}]
          rules:
          - matches: [{path: {value: /}}]
        """
            .replace("matches:", "backendRefs: [{name: orders, port: 80}]\n    matches:");
    world.config(versions("orders"), routes);
    world.serve("orders", ok());
    Caller web = world.client("web");
    String target = "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: %s}]";
    world.config(
        versions("orders"), routes, policy("p", "DENY", "[{}]", target.formatted("stock")));
    assertThat(web.call(PUT)).isLocal(403);
    assertThat(web.call(GET)).isOk();
    world.config(versions("orders"), routes, policy("p", "DENY", "[{}]", target.formatted("rest")));
    assertThat(web.call(PUT)).as("the other route is more particular").isOk();
    assertThat(web.call(GET)).isLocal(403);
    world.config(versions("orders"), routes, policy("p", "ALLOW", "[]", target.formatted("stock")));
    assertThat(web.call(PUT)).as("nothing is allowed there").isLocal(403);
    assertThat(web.call(GET)).as("ALLOW of another route").isOk();
    world.config(
        versions("orders"),
        routes,
        policy("p", "ALLOW", "[]", target.formatted("stock")),
        policy("all", "ALLOW", "[{to: [{operation: {paths: ['*/Put']}}]}]"));
    assertThat(web.call(PUT)).as("allowed for the workload").isOk();
    assertThat(web.call(GET)).isLocal(403);
  }

  /** As long as nobody knows what it was meant to keep out. */
  @OverEveryTransport
  void brokenPolicy_refuses_untilItIsMended(World world) throws Exception {
    world.expectWarning("IM1");
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    String getters = policy("p", "DENY", "[{to: [{operation: {paths: ['*/Get']}}]}]");
    world.tryConfig(versions("orders"), getters.replace("rules:", "rulez:"));
    assertThat(web.call(PUT)).isLocal(403);
    world.config(versions("orders"), getters);
    assertThat(web.call(PUT)).isOk();
    assertThat(web.call(GET)).isLocal(403);
    world.tryConfig(versions("orders"), getters.replace("rules:", "rulez:"));
    assertThat(web.call(PUT)).as("as it was when it was valid").isOk();
    assertThat(web.call(GET)).isLocal(403);
  }

  @OverEveryTransport(also = Transport.SPRING)
  void denyByDefault_letsInWhatIsAllowed(World world) throws Exception {
    String defaults =
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: quick}
        spec:
          denyByDefault: true
          configDebounce: {quiet: 5ms, cap: 50ms}
          endpointDebounce: {quiet: 2ms, cap: 20ms}
        """;
    world.config(versions("orders"), defaults);
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.call(GET)).isLocal(403);
    world.config(
        versions("orders"),
        defaults,
        policy("p", "ALLOW", "[{to: [{operation: {paths: ['*/Get']}}]}]"));
    assertThat(web.call(GET)).isOk();
    assertThat(web.call(PUT)).isLocal(403);
  }

  private static final TestIssuer ISSUER = TestIssuer.ec("key-1", 256);
  private static final TestIssuer FORGER = TestIssuer.ec("key-1", 256);

  private static String authentication(String more) {
    return """
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: tokens}
    spec:
      jwtRules:
      - issuer: https://issuer
        jwks: '%s'
        %s
    """
        .formatted(TestIssuer.jwks(ISSUER), more);
  }

  private static Request with(String claims) {
    return GET.header("authorization", "Bearer " + ISSUER.sign("ES256", claims));
  }

  private static String ann(String more) {
    return "{\"iss\":\"https://issuer\",\"sub\":\"ann\",\"exp\":"
        + (System.currentTimeMillis() / 1000 + 600)
        + more
        + "}";
  }

  @OverEveryTransport(also = Transport.SPRING)
  void tokens_areOptionalButValid(World world) throws Exception {
    world.config(versions("orders"), authentication(""));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.call(GET)).isOk();
    assertThat(web.call(with(ann("")))).isOk();
    assertThat(orders.lastRequest().headers()).doesNotContainKey("authorization");
    assertThat(web.call(GET.header("authorization", "Bearer " + FORGER.sign("ES256", ann("")))))
        .isLocal(401);
    assertThat(web.call(with(ann("").replace("https://issuer", "https://other")))).isLocal(401);
    world.config(versions("orders"), authentication("presence: REQUIRED"));
    assertThat(web.call(GET)).isLocal(401);
    assertThat(web.call(with(ann("")))).isOk();
    world.config(
        versions("orders"),
        authentication(
            "forwardOriginalToken: true\n"
                + "    outputClaimToHeaders: [{header: x-user, claim: sub}]"));
    assertThat(web.call(with(ann("")).header("x-user", "root"))).isOk();
    assertThat(orders.lastRequest().headers())
        .containsKey("authorization")
        .containsEntry("x-user", "ann");
  }

  /** Also from an issuer that says itself where its keys are. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void keysOfAnIssuer_areDiscovered(World world) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String issuer = "http://127.0.0.1:" + server.getAddress().getPort() + "/realm";
    String description = "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + issuer + "/keys\"}";
    server.createContext(
        "/realm/.well-known/openid-configuration", exchange -> answer(exchange, description));
    server.createContext("/realm/keys", exchange -> answer(exchange, TestIssuer.jwks(ISSUER)));
    server.start();
    try {
      world.expectWarning("IM1321"); // keys in plaintext
      world.config(
          versions("orders"),
          authentication("").replace("https://issuer", issuer).replaceAll(" *jwks: .*\n", ""));
      world.serve("orders", ok());
      Caller web = world.client("web");
      assertThat(web.call(with(ann("").replace("https://issuer", issuer)))).isOk();
      assertThat(web.call(with(ann("")))).isLocal(401);
    } finally {
      server.stop(0);
    }
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @OverEveryTransport(also = Transport.SPRING)
  void whatTokensSay_decides(World world) throws Exception {
    world.config(versions("orders"), authentication(""));
    world.serve("orders", ok());
    Caller web = world.client("web");
    Request plain = with(ann(""));
    List<Row> rows =
        List.of(
            new Row("from: [{source: {requestPrincipals: [https://issuer/ann]}}]", plain, GET),
            new Row("from: [{source: {requestPrincipals: ['*']}}]", plain, GET),
            new Row("from: [{source: {requestPrincipals: ['https://issuer/*']}}]", plain, GET),
            new Row("from: [{source: {requestPrincipals: ['*/ann']}}]", plain, GET),
            new Row("from: [{source: {requestPrincipals: ['https://issuer/bob']}}]", null, plain),
            new Row("from: [{source: {notRequestPrincipals: ['*']}}]", GET, plain),
            when(
                "request.auth.audiences",
                "values: [orders]",
                with(ann(",\"aud\":[\"x\",\"orders\"]")),
                plain),
            when(
                "request.auth.audiences",
                "values: [orders]",
                with(ann(",\"aud\":\"orders\"")),
                GET),
            when("request.auth.presenter", "values: [app]", with(ann(",\"azp\":\"app\"")), plain),
            when("request.auth.principal", "values: ['*']", plain, GET),
            when(
                "request.auth.claims[groups]",
                "values: [admin]",
                with(ann(",\"groups\":[\"admin\"]")),
                with(ann(",\"groups\":[\"guest\"]"))),
            when(
                "request.auth.claims[scope]",
                "values: [write]",
                with(ann(",\"scope\":\"read write\"")),
                with(ann(",\"scope\":\"read\""))),
            when(
                "request.auth.claims[org][id]",
                "values: ['a*']",
                with(ann(",\"org\":{\"id\":\"acme\"}")),
                plain));
    for (Row row : rows) {
      String rules = "[{" + row.rule() + "}]";
      world.config(versions("orders"), authentication(""), policy("p", "ALLOW", rules));
      check(web, row, true, false);
      world.config(versions("orders"), authentication(""), policy("p", "DENY", rules));
      check(web, row, false, true);
    }
  }

  /** gRPC methods have one spelling only. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C},
      also = Transport.SPRING)
  void pathsInDisguise_areRefused(World world) throws Exception {
    world.config(
        versions("orders"),
        policy(
            "p",
            "DENY",
            "[{to: [{operation: {paths: [/admin, '/things:delete', '/a%40b', '/{*}/at@x']}}]}]"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    for (String path :
        List.of(
            "/admin",
            "//admin",
            "/x/../admin",
            "/./admin",
            "/%61dmin",
            "/admin;x=1",
            "/admin;",
            "/x/%2e%2e/admin",
            "/things:delete",
            "/things%3Adelete",
            "/things%3adelete;x",
            "/a@b",
            "/a%40b",
            "/y/at%40x")) {
      assertThat(web.call(get("orders" + path))).as(path).isLocal(403);
    }
    for (String path : List.of("/x/..%2fadmin", "/x/..;/admin", "/%252e%252e/admin", "/admin%00")) {
      assertThat(web.call(get("orders" + path))).as(path).isLocal(400);
    }
    assertThat(orders.requests()).isEmpty();
    Answer roundabout = web.call(get("orders/ok//x/../y"));
    if (world.transport().spring() && world.style() == Style.BLOCKING) {
      assertThat(roundabout).as("servlet containers have chosen by the other path").isLocal(400);
    } else {
      assertThat(roundabout).isOk();
      assertThat(orders.lastRequest().path()).as("seen as it was decided on").isEqualTo("/ok/y");
    }
  }

  /**
   * Letters count, however they are spelt; gRPC methods have no spellings. Nobody who gets past a
   * policy in another case finds what it guards.
   */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      also = Transport.SPRING)
  void pathsInAnotherCase_areOtherPaths(World world) throws Exception {
    String guarded = "[{to: [{operation: {paths: [/shop.Orders/Get, '/caf%C3%A9']}}]}]";
    List<String> others = List.of("/SHOP.ORDERS/GET", "/shop.Orders/get", "/shop.orders/Get");
    boolean grpc = world.transport().grpc();
    List<String> same =
        grpc
            ? List.of("/shop.Orders/Get")
            : List.of("/%73hop.%4frders/Get", "/shop.%4Frders/%47et", "/caf%c3%a9", "/caf%C3%a9");
    world.config(versions("orders"), policy("p", "DENY", guarded));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    for (String path : others) {
      assertThat(web.call(post("orders" + path))).as(path).isOk();
      assertThat(orders.lastRequest().path()).isEqualTo(path);
    }
    for (String path : same) {
      assertThat(web.call(post("orders" + path))).as(path).isLocal(403);
    }
    if (grpc) {
      assertThat(web.call(post("orders/shop.Orders/%47et"))).isOk();
      assertThat(orders.lastRequest().path()).isEqualTo("/shop.Orders/%47et");
    }
    world.config(versions("orders"), policy("p", "ALLOW", guarded));
    for (String path : others) {
      assertThat(web.call(post("orders" + path))).as(path).isLocal(403);
    }
    for (String path : same) {
      assertThat(web.call(post("orders" + path))).as(path).isOk();
      assertThat(orders.lastRequest().path()).isIn("/shop.Orders/Get", "/caf%C3%A9");
    }
  }
}
