package io.inmesh.filter.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.LocalReply;
import io.inmesh.filter.authz.AccessFilterFactory;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtProvider.ClaimHeader;
import io.inmesh.model.JwtProvider.FromHeader;
import io.inmesh.model.JwtRequirement;
import io.inmesh.model.StringMatch;
import io.inmesh.model.ValueMatch;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.TestIssuer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which tokens requests must have and where, and what becomes of those that are valid. */
class JwtFilterTest extends JwtCalls {
  private static String challenge(@Nullable LocalReply reply) {
    return reply == null ? "" : reply.headers().get(0).getValue();
  }

  @Test
  void missingToken_isAllowed_unlessItIsRequired() {
    serveOptional(inline("https://issuer"));
    assertThat(status(FakeRequest.get("orders", "/"))).isEqualTo(200);
    serve(new JwtRequirement.Provider("p", List.of()), Map.of("p", inline("https://issuer")));
    LocalReply reply = reply(FakeRequest.get("orders", "/a?secret=1"));
    assertThat(reply).isNotNull();
    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.grpcStatus()).isEqualTo(16);
    assertThat(reply.body()).isEqualTo("Jwt is missing");
    assertThat(challenge(reply)).isEqualTo("Bearer realm=\"http://orders/a\"");
  }

  @Test
  void invalidToken_isRefusedWithAChallenge() {
    serveOptional(inline("https://issuer"));
    LocalReply reply = reply(bearer(STRANGER.sign("RS256", claims())));
    assertThat(reply).isNotNull();
    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.body()).isEqualTo("Jwt verification fails");
    assertThat(challenge(reply))
        .isEqualTo("Bearer realm=\"http://orders/\", error=\"invalid_token\"");
  }

  @Test
  void locations_areThoseOfTheProvider() {
    String token = RSA.sign("RS256", claims());
    serveOptional(inline("https://issuer"));
    assertThat(status(FakeRequest.get("orders", "/?access_token=" + token))).isEqualTo(200);
    assertThat(status(FakeRequest.get("orders", "/?access_token=x"))).isEqualTo(401);
    serve(new JwtRequirement.Provider("p", List.of()), Map.of("p", located()));
    assertThat(status(bearer(token))).isEqualTo(401);
    assertThat(status(FakeRequest.get("orders", "/", "x-token", "T " + token))).isEqualTo(200);
    assertThat(status(FakeRequest.get("orders", "/?a=1&t=" + token))).isEqualTo(200);
    assertThat(status(FakeRequest.get("orders", "/", "cookie", "a=b; sid=" + token)))
        .isEqualTo(200);
    assertThat(
            status(
                FakeRequest.get(
                    "orders", "/?t=" + STRANGER.sign("RS256", claims()), "x-token", "T " + token)))
        .as("all tokens must be valid")
        .isEqualTo(401);
  }

  @Test
  void severalTokens_allAreChecked_andTheFirstCounts() {
    serveOptional(reading());
    String ann = RSA.sign("RS256", claims());
    String bob = RSA.sign("RS256", claims("sub", "\"bob\""));
    FakeRequest both = FakeRequest.get("orders", "/?access_token=" + bob);
    both.headers().add("authorization", "Basic abc");
    both.headers().add("authorization", "bearer  " + ann);
    assertThat(status(both)).isEqualTo(200);
    assertThat(both.headers().get("x-sub")).isEqualTo("ann");
    assertThat(both.headers().get("authorization")).isNull();
    assertThat(both.path()).isEqualTo("/");
    assertThat(status(FakeRequest.get("orders", "/", "authorization", "x Bearer " + ann)))
        .as("whoever reads it may look for it there")
        .isEqualTo(200);
    for (String odd : List.of(ann + ",x", ann + ", Bearer " + bob, ann + " x")) {
      assertThat(status(bearer(odd))).as("the rest is read by nobody here").isEqualTo(401);
    }
  }

  private static JwtProvider reading() {
    JwtProvider p = inline("https://issuer");
    return new JwtProvider(
        p.issuer(),
        p.audiences(),
        null,
        false,
        null,
        p.clockSkew(),
        p.keys(),
        List.of(),
        List.of(),
        List.of(),
        false,
        "",
        "payload",
        List.of(),
        List.of(new ClaimHeader("x-sub", "sub")),
        100);
  }

  private static JwtProvider located() {
    JwtProvider p = inline("https://issuer");
    return new JwtProvider(
        p.issuer(),
        p.audiences(),
        null,
        false,
        null,
        p.clockSkew(),
        p.keys(),
        List.of(new FromHeader("x-token", "T ")),
        List.of("t"),
        List.of("sid"),
        false,
        "",
        "payload",
        List.of(),
        List.of(),
        100);
  }

  @Test
  void token_isTakenOut_unlessItIsForwarded() {
    String token = RSA.sign("RS256", claims());
    serveOptional(inline("https://issuer"));
    FakeRequest header = bearer(token);
    assertThat(status(header)).isEqualTo(200);
    assertThat(header.headers().get("authorization")).isNull();
    FakeRequest query = FakeRequest.get("orders", "/x?a=1&access_token=" + token + "&b=2");
    assertThat(status(query)).isEqualTo(200);
    assertThat(query.path()).isEqualTo("/x?a=1&b=2");
    FakeRequest basic = FakeRequest.get("orders", "/", "authorization", "Basic abc");
    assertThat(status(basic)).isEqualTo(200);
    assertThat(basic.headers().get("authorization")).isEqualTo("Basic abc");
  }

  @Test
  void claimsBecomeHeaders_andForgedOnesAreRemoved() {
    JwtProvider p = inline("https://issuer");
    serveOptional(
        new JwtProvider(
            p.issuer(),
            p.audiences(),
            null,
            false,
            null,
            p.clockSkew(),
            p.keys(),
            List.of(),
            List.of(),
            List.of(),
            true,
            "x-payload",
            "payload",
            List.of(),
            List.of(
                new ClaimHeader("x-sub", "sub"),
                new ClaimHeader("x-tenant", "org.id"),
                new ClaimHeader("x-evil", "evil")),
            100));
    String claims = claims("org", "{\"id\":7}", "evil", "\"a\\r\\nb: c\"");
    FakeRequest request =
        FakeRequest.get(
            "orders",
            "/",
            "authorization",
            "Bearer " + RSA.sign("RS256", claims),
            "x-sub",
            "root",
            "x-evil",
            "forged");
    assertThat(status(request)).isEqualTo(200);
    assertThat(request.headers().get("authorization")).isNotNull();
    assertThat(request.headers().all("x-sub")).containsExactly("ann");
    assertThat(request.headers().get("x-tenant")).isEqualTo("7");
    assertThat(request.headers().get("x-evil")).isNull();
    assertThat(request.headers().get("x-payload")).isEqualTo(TestIssuer.base64(claims));
    FakeRequest forged = FakeRequest.get("orders", "/", "x-sub", "root", "x-payload", "e30");
    assertThat(status(forged)).isEqualTo(200);
    assertThat(forged.headers().get("x-sub")).isNull();
    assertThat(forged.headers().get("x-payload")).isNull();
  }

  @Test
  void severalIssuers_anyTokenIsFine_andMissingOnesToo() {
    Map<String, JwtProvider> providers = Map.of("a", inline("https://a"), "b", inline("https://b"));
    serve(
        new JwtRequirement.AnyOf(
            List.of(
                new JwtRequirement.Provider("a", List.of()),
                new JwtRequirement.Provider("b", List.of()),
                new JwtRequirement.All(List.of(optional("a"), optional("b"))))),
        providers);
    assertThat(status(FakeRequest.get("orders", "/"))).isEqualTo(200);
    for (String issuer : List.of("a", "b")) {
      String own = claims("iss", "\"https://" + issuer + "\"");
      assertThat(status(bearer(RSA.sign("RS256", own)))).isEqualTo(200);
      assertThat(status(bearer(STRANGER.sign("RS256", own)))).isEqualTo(401);
    }
    assertThat(status(bearer(RSA.sign("RS256", claims("iss", "\"https://c\""))))).isEqualTo(401);
  }

  @Test
  void corsPreflight_needsNoToken() {
    serve(new JwtRequirement.Provider("p", List.of()), Map.of("p", inline("https://issuer")));
    assertThat(
            status(
                FakeRequest.http(
                    "OPTIONS",
                    "orders",
                    "/",
                    "origin",
                    "http://x",
                    "access-control-request-method",
                    "GET")))
        .isEqualTo(200);
    assertThat(status(FakeRequest.http("OPTIONS", "orders", "/"))).isEqualTo(401);
  }

  @Test
  void policies_seeTheClaimsOfValidTokensOnly() {
    FilterConfig allow =
        new FilterConfig(
            "allow",
            AccessFilterFactory.TYPE,
            false,
            new AccessControl(
                new AccessRules(
                    AccessRules.Action.ALLOW,
                    List.of(
                        new AccessPolicy(
                            "writers",
                            new AccessMatch.Always(),
                            new AccessMatch.Metadata(
                                "envoy.filters.http.jwt_authn",
                                List.of("payload", "scope"),
                                new ValueMatch.Item(
                                    new ValueMatch.Text(new StringMatch.Exact("write", false))),
                                false)))),
                null,
                ""));
    serve(optional("p"), Map.of("p", inline("https://issuer")), allow);
    assertThat(status(bearer(RSA.sign("RS256", claims("scope", "\"read write\""))))).isEqualTo(200);
    assertThat(status(bearer(RSA.sign("RS256", claims("scope", "\"read\""))))).isEqualTo(403);
    assertThat(status(FakeRequest.get("orders", "/"))).isEqualTo(403);
  }
}
