package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.testing.TestIssuer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** AZ-09: every field of Istio's RequestAuthentication, from file to socket. */
class RequestAuthenticationTest {
  private static final Request GET = post("orders/shop.Orders/Get");
  private static final TestIssuer A = TestIssuer.ec("key", 256);
  private static final TestIssuer B = TestIssuer.ec("key", 256);
  private static final TestIssuer FORGER = TestIssuer.ec("key", 256);

  /**
   * A request and what comes of it.
   *
   * @param status 200, or how it is refused
   * @param application what holds for the request as the application sees it
   */
  private record Row(String what, Request request, int status, Consumer<Seen> application) {}

  /** What is configured, and requests. */
  private record Case(String objects, List<Row> rows) {}

  private static Row passes(String what, Request request, Consumer<Seen> application) {
    return new Row(what, request, 200, application);
  }

  private static Row refused(int status, String what, Request request) {
    return new Row(what, request, status, seen -> {});
  }

  private static Consumer<Seen> with(String header, String value) {
    return seen -> assertThat(seen.headers()).containsEntry(header, value);
  }

  private static Consumer<Seen> without(String header) {
    return seen -> assertThat(seen.headers()).doesNotContainKey(header);
  }

  private static String claims(String issuer, String more) {
    long expires = System.currentTimeMillis() / 1000 + 600;
    return "{\"iss\":\"" + issuer + "\",\"sub\":\"ann\",\"exp\":" + expires + more + "}";
  }

  private static String token(String more) {
    return A.sign("ES256", claims("https://a", more));
  }

  private static String forged() {
    return FORGER.sign("ES256", claims("https://a", ""));
  }

  private static String ofB() {
    return B.sign("ES256", claims("https://b", ""));
  }

  private static Request bearer(String token) {
    return GET.header("authorization", "Bearer " + token);
  }

  private static String rule(String issuer, TestIssuer keys, String more) {
    return "{issuer: %s, jwks: '%s'%s}"
        .formatted(issuer, TestIssuer.jwks(keys), more.isEmpty() ? "" : ", " + more);
  }

  /** Rules of issuer A. */
  private static String accepts(String more) {
    return authentication("tokens", "jwtRules: [" + rule("https://a", A, more) + "]");
  }

  private static String authentication(String name, String spec) {
    return """
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: %s}
    spec: {%s}
    """
        .formatted(name, spec);
  }

  private static String allow(String when) {
    return """
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: allow}
    spec: {rules: [{when: [%s]}]}
    """
        .formatted(when);
  }

  private static Case validity() {
    long now = System.currentTimeMillis() / 1000;
    String good = token("");
    return new Case(
        accepts(""),
        List.of(
            passes("no token", GET, without("authorization")),
            passes("a token, which is taken out", bearer(good), without("authorization")),
            passes(
                "the scheme in another case",
                GET.header("authorization", "bearer " + good),
                without("authorization")),
            passes(
                "another scheme is not a token",
                GET.header("authorization", "Basic YTpi"),
                with("authorization", "Basic YTpi")),
            refused(401, "the key of somebody else", bearer(forged())),
            refused(401, "no token at all", bearer("hunter2")),
            refused(401, "two in one", bearer(good + ", Bearer " + good)),
            refused(401, "behind something else", GET.header("authorization", "x Bearer y")),
            refused(401, "of another issuer", bearer(A.sign("ES256", claims("https://c", "")))),
            refused(
                401,
                "expired",
                bearer(A.sign("ES256", "{\"iss\":\"https://a\",\"exp\":" + (now - 120) + "}"))),
            refused(401, "not valid yet", bearer(token(",\"nbf\":" + (now + 120))))));
  }

  private static Case headers() {
    String good = token("");
    String forged = forged();
    return new Case(
        accepts("fromHeaders: [{name: X-Jwt, prefix: 'JWT '}, {name: x-raw}]"),
        List.of(
            passes("with its prefix", GET.header("x-jwt", "JWT " + good), without("x-jwt")),
            passes("without one", GET.header("x-raw", good), without("x-raw")),
            passes("no prefix, no token", GET.header("x-jwt", good), with("x-jwt", good)),
            passes("not looked for", bearer(forged), with("authorization", "Bearer " + forged)),
            refused(401, "forged", GET.header("x-jwt", "JWT " + forged())),
            refused(
                401,
                "all must be valid",
                GET.header("x-jwt", "JWT " + good).header("x-raw", forged()))));
  }

  private static Case cookies() {
    String good = token("");
    return new Case(
        accepts("fromCookies: [sid]"),
        List.of(
            passes("a cookie, which stays", GET.header("cookie", "a=b; sid=" + good), s -> {}),
            passes("another cookie", GET.header("cookie", "sid2=" + forged()), s -> {}),
            refused(401, "forged", GET.header("cookie", "a=b; sid=" + forged()))));
  }

  private static Case parameters() {
    String target = "orders/shop.Orders/Get?a=1&";
    return new Case(
        accepts("fromParams: [jwt]"),
        List.of(
            passes(
                "a parameter, which is taken out",
                post(target + "jwt=" + token("") + "&b=2"),
                seen -> assertThat(seen.path()).isEqualTo("/shop.Orders/Get?a=1&b=2")),
            refused(401, "forged", post(target + "jwt=" + forged())),
            refused(
                401, "any of several", post(target + "jwt=" + token("") + "&jwt=" + forged()))));
  }

  private static Case defaultParameter() {
    String target = "orders/shop.Orders/Get?access_token=";
    return new Case(
        accepts(""),
        List.of(
            passes(
                "where nothing is said",
                post(target + token("")),
                seen -> assertThat(seen.path()).isEqualTo("/shop.Orders/Get")),
            refused(401, "forged", post(target + forged())),
            refused(
                401,
                "all must be valid",
                post(target + forged()).header("authorization", "Bearer " + token("")))));
  }

  private static Case audiences() {
    return new Case(
        accepts("audiences: [orders, 'https://shop/']"),
        List.of(
            passes("one of them", bearer(token(",\"aud\":\"orders\"")), seen -> {}),
            passes("in a list", bearer(token(",\"aud\":[\"x\",\"https://shop\"]")), seen -> {}),
            passes("no token", GET, seen -> {}),
            refused(403, "for others", bearer(token(",\"aud\":\"stock\""))),
            refused(403, "for nobody", bearer(token("")))));
  }

  private static Case forwarding() {
    String good = token("");
    return new Case(
        accepts("forwardOriginalToken: true"),
        List.of(
            passes("a token, which stays", bearer(good), with("authorization", "Bearer " + good)),
            refused(401, "forged", bearer(forged()))));
  }

  private static Case outputs() {
    String claims =
        claims("https://a", ",\"n\":7,\"vip\":true,\"org\":{\"id\":\"acme\"},\"roles\":[\"x\"]");
    Request forgery = GET.header("x-payload", "e30").header("x-user", "root");
    return new Case(
        accepts(
            "outputPayloadToHeader: x-payload, outputClaimToHeaders: [{header: X-User, claim: sub},"
                + " {header: x-n, claim: n}, {header: x-vip, claim: vip},"
                + " {header: x-org, claim: org.id}, {header: x-roles, claim: roles},"
                + " {header: x-none, claim: none}]"),
        List.of(
            passes(
                "claims as headers",
                forgery
                    .header("x-none", "forged")
                    .header("authorization", "Bearer " + A.sign("ES256", claims)),
                with("x-payload", TestIssuer.base64(claims))
                    .andThen(with("x-user", "ann"))
                    .andThen(with("x-n", "7"))
                    .andThen(with("x-vip", "true"))
                    .andThen(with("x-org", "acme"))
                    .andThen(with("x-roles", TestIssuer.base64("[\"x\"]")))
                    .andThen(without("x-none"))),
            passes(
                "nobody may say them but the token",
                forgery,
                without("x-payload").andThen(without("x-user")))));
  }

  private static Case words(String setting, String claim, boolean list) {
    Request several = bearer(token(",\"" + claim + "\":\"read write\""));
    return new Case(
        accepts(setting) + allow("{key: 'request.auth.claims[" + claim + "]', values: [write]}"),
        List.of(
            list ? passes("a list of words", several, s -> {}) : refused(403, "a text", several),
            passes("one word", bearer(token(",\"" + claim + "\":\"write\"")), s -> {}),
            refused(403, "another", bearer(token(",\"" + claim + "\":\"read\"")))));
  }

  private static String twoIssuers() {
    return authentication(
        "tokens",
        "jwtRules: ["
            + rule("https://a", A, "outputClaimToHeaders: [{header: x-of-a, claim: sub}]")
            + ", "
            + rule(
                "https://b",
                B,
                "fromHeaders: [{name: x-b}], outputClaimToHeaders: [{header: x-of-b, claim: sub}]")
            + "]");
  }

  private static Case issuers() {
    return new Case(
        twoIssuers(),
        List.of(
            passes("no token", GET, without("x-of-a").andThen(without("x-of-b"))),
            passes(
                "of the first",
                bearer(token("")),
                with("x-of-a", "ann").andThen(without("x-of-b"))),
            passes(
                "of the second",
                GET.header("x-b", ofB()),
                with("x-of-b", "ann").andThen(without("x-of-a")).andThen(without("x-b"))),
            // One valid token is enough, and only of it anything is told on.
            passes(
                "of both",
                bearer(token("")).header("x-b", ofB()),
                with("x-of-a", "ann").andThen(without("x-of-b"))),
            passes(
                "one good, one forged",
                bearer(token("")).header("x-b", forged()),
                with("x-of-a", "ann").andThen(without("x-of-b"))),
            passes(
                "the other one forged",
                bearer(forged()).header("x-b", ofB()),
                with("x-of-b", "ann").andThen(without("x-of-a"))),
            refused(401, "where the other one's belongs", bearer(ofB())),
            refused(401, "forged", GET.header("x-b", forged()))));
  }

  private static Case sharedLocation() {
    return new Case(
        authentication("first", "jwtRules: [" + rule("https://a", A, "") + "]")
            + "---\n"
            + authentication("second", "jwtRules: [" + rule("https://b", B, "") + "]"),
        List.of(
            passes("no token", GET, seen -> {}),
            passes("of the first object", bearer(token("")), without("authorization")),
            passes("of the second", bearer(ofB()), without("authorization")),
            refused(401, "of neither", bearer(forged()))));
  }

  private static Case elsewhere() {
    String spec = "jwtRules: [" + rule("https://a", A, "presence: REQUIRED") + "]";
    return new Case(
        authentication("tokens", "selector: {matchLabels: {app: stock}}, " + spec),
        List.of(passes("other workloads are not asked", bearer(forged()), seen -> {})));
  }

  private static Case required() {
    return new Case(
        authentication(
            "tokens",
            "selector: {matchLabels: {app: orders}}, jwtRules: ["
                + rule("https://a", A, "presence: REQUIRED")
                + "]"),
        List.of(refused(401, "no token", GET), passes("a token", bearer(token("")), seen -> {})));
  }

  private static List<Case> cases(boolean grpc) {
    List<Case> cases =
        new ArrayList<>(
            List.of(
                validity(),
                headers(),
                cookies(),
                audiences(),
                forwarding(),
                outputs(),
                words("", "scope", true),
                words("", "rights", false),
                words("spaceDelimitedClaims: [rights]", "rights", true),
                issuers(),
                sharedLocation(),
                elsewhere(),
                required()));
    if (!grpc) {
      cases.add(parameters());
      cases.add(defaultParameter());
    }
    return cases;
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2_MTLS, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void everyField_worksAsIstioSays(World world) throws Exception {
    world.config(versions("orders"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    for (Case each : cases(world.transport().grpc())) {
      world.config(versions("orders"), each.objects());
      for (Row row : each.rows()) {
        check(web.call(row.request()), row, orders, each.objects());
      }
    }
  }

  private static void check(Answer answer, Row row, Instance orders, String objects) {
    String what = row.what() + " of " + objects;
    if (row.status() == 200) {
      assertThat(answer.ok()).as("%s: %s", what, answer).isTrue();
      assertThat(orders.lastRequest()).as(what).satisfies(row.application());
    } else {
      assertThat(answer).as(what).isLocal(row.status());
      // Of gRPC it is the code that says so.
      if (row.status() == 401 && answer.grpc() == null) {
        assertThat(answer.headers().get("www-authenticate"))
            .as(what)
            .startsWith("Bearer realm=\"http");
      }
    }
  }
}
