package io.inmesh.filter.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.control.ManualClock;
import io.inmesh.filter.authz.AccessFilterFactory;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtProvider.ClaimHeader;
import io.inmesh.model.JwtProvider.FromHeader;
import io.inmesh.model.JwtRequirement;
import io.inmesh.model.PathMatch;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.StringMatch;
import io.inmesh.model.ValueMatch;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestIssuer;
import io.opentelemetry.api.OpenTelemetry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtFilterTest {
  private static final Peer PEER =
      new Peer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), null, false);
  private static final TestIssuer RSA = TestIssuer.rsa("r1");
  private static final TestIssuer EC = TestIssuer.ec("e1", 256);
  private static final TestIssuer STRANGER = TestIssuer.rsa("r1");
  private static final String KEYS =
      TestIssuer.jwks(RSA, EC, Others.EC, Others.EC521, Others.ED, Others.WITHOUT_ID);

  private static final class Others {
    static final TestIssuer EC = TestIssuer.ec("e2", 384);
    static final TestIssuer EC521 = TestIssuer.ec("e3", 521);
    static final TestIssuer ED = TestIssuer.ed25519("d1");
    static final TestIssuer WITHOUT_ID = TestIssuer.ec("", 256);
  }

  /** Fetches what the test says, when it says so. */
  private static final class Fetches implements KeyFetcher {
    final Deque<CompletableFuture<Answer>> pending = new ArrayDeque<>();
    int count;

    @Override
    public CompletionStage<Answer> fetch(URI uri, Duration timeout) {
      count++;
      CompletableFuture<Answer> answer = new CompletableFuture<>();
      pending.add(answer);
      return answer;
    }

    void answer(String jwks, int maxAgeSeconds) {
      pending.remove().complete(new Answer(jwks, Duration.ofSeconds(maxAgeSeconds)));
    }

    void fail() {
      pending.remove().completeExceptionally(new java.io.IOException("answered 500"));
    }
  }

  private final Fetches fetches = new Fetches();
  private final ManualClock time = new ManualClock();
  private final FakeMesh mesh =
      new FakeMesh(
          EngineSettings.insecure("orders", "default"),
          builder -> builder.filter(new JwtFilterFactory(time, fetches, OpenTelemetry.noop())));
  private final Inbound inbound = mesh.engine().inbound(8080);

  private static JwtProvider provider(String issuer, JwtProvider.Keys keys) {
    return new JwtProvider(
        issuer,
        List.of(),
        null,
        false,
        null,
        Duration.ofSeconds(60),
        keys,
        List.of(),
        List.of(),
        List.of(),
        false,
        "",
        "payload",
        List.of("scope"),
        List.of(),
        100);
  }

  private static JwtProvider inline(String issuer) {
    return provider(issuer, new JwtProvider.Keys.Inline(KEYS));
  }

  private static JwtRequirement optional(String provider) {
    return new JwtRequirement.AnyOf(
        List.of(
            new JwtRequirement.Provider(provider, List.of()), new JwtRequirement.AllowMissing()));
  }

  private void serve(JwtRequirement requirement, Map<String, JwtProvider> providers) {
    serve(requirement, providers, new FilterConfig[0]);
  }

  private void serve(
      JwtRequirement requirement, Map<String, JwtProvider> providers, FilterConfig... more) {
    RouteMatch all =
        new RouteMatch(new PathMatch.Prefix("/", true), List.of(), List.of(), false, Fraction.ALL);
    FilterConfig[] filters = new FilterConfig[more.length + 1];
    filters[0] =
        new FilterConfig(
            "jwt",
            JwtFilterFactory.TYPE,
            false,
            new JwtAuthentication(
                providers,
                List.of(new JwtAuthentication.Rule(all, requirement)),
                Map.of(),
                true,
                false));
    System.arraycopy(more, 0, filters, 1, more.length);
    mesh.update(Snapshots.builder().server(8080, filters));
  }

  private void serveOptional(JwtProvider provider) {
    serve(optional("p"), Map.of("p", provider));
  }

  private String claims(String... namesAndValues) {
    Map<String, String> claims = new TreeMap<>();
    claims.put("iss", "\"https://issuer\"");
    claims.put("sub", "\"ann\"");
    claims.put("exp", String.valueOf(now() + 600));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1].isEmpty()) {
        claims.remove(namesAndValues[i]);
      } else {
        claims.put(namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    return TestIssuer.claims(claims);
  }

  private long now() {
    return time.epochMillis() / 1000;
  }

  private static FakeRequest bearer(String token) {
    return FakeRequest.get("orders", "/", "authorization", "Bearer " + token);
  }

  /** The status, or 200. */
  private int status(FakeRequest request) {
    LocalReply reply = reply(request);
    return reply == null ? 200 : reply.status();
  }

  private @Nullable LocalReply reply(FakeRequest request) {
    Admission admission = inbound.admit(request, PEER);
    if (admission instanceof Admission.Pending pending) {
      admission = pending.result().toCompletableFuture().getNow(null);
      assertThat(admission).as("still pending").isNotNull();
    }
    return admission instanceof Admission.Denied denied ? denied.reply() : null;
  }

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

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
  void rsaSignatures_areVerified(String algorithm) {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(RSA.sign(algorithm, claims())))).isEqualTo(200);
    assertThat(status(bearer(STRANGER.sign(algorithm, claims())))).isEqualTo(401);
  }

  @Test
  void ellipticCurveSignatures_areVerifiedOnTheirOwnCurve() {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(EC.sign("ES256", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.EC.sign("ES384", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.EC521.sign("ES512", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.ED.sign("EdDSA", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.WITHOUT_ID.sign("ES256", claims())))).isEqualTo(200);
    assertThat(status(bearer(Others.EC.sign("ES256", claims())))).isEqualTo(401);
  }

  @Test
  void algorithmConfusion_isRefused() {
    serveOptional(inline("https://issuer"));
    String none = TestIssuer.base64("{\"alg\":\"none\"}") + "." + TestIssuer.base64(claims()) + ".";
    for (String forged :
        List.of(
            none,
            none.replace(
                TestIssuer.base64("{\"alg\":\"none\"}"), TestIssuer.base64("{\"alg\":\"None\"}")),
            RSA.confused(claims()),
            RSA.sign("RS256", "{\"alg\":\"ES256\",\"kid\":\"r1\"}", claims()),
            RSA.sign("RS256", "{\"kid\":\"r1\"}", claims()),
            RSA.sign("RS256", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r1\"}", claims()),
            RSA.sign("RS256", "{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"x\"]}", claims()),
            RSA.sign("RS256", "{\"alg\":\"RS256\",\"kid\":\"e1\"}", claims()))) {
      assertThat(status(bearer(forged))).as(forged).isEqualTo(401);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.", "e30.W10.AA", "e30.e30.=="})
  void malformedToken_isRefused(String token) {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(token))).isEqualTo(401);
  }

  @Test
  void hugeToken_isRefusedUnread() {
    serveOptional(inline("https://issuer"));
    String token = RSA.sign("RS256", claims("pad", "\"" + "x".repeat(20_000) + "\""));
    assertThat(status(bearer(token))).isEqualTo(401);
    String deep = RSA.sign("RS256", claims("d", "[".repeat(500) + "]".repeat(500)));
    assertThat(status(bearer(deep))).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "exp, 0, 200",
    "exp, -59, 200",
    "exp, -62, 401",
    "nbf, 0, 200",
    "nbf, 59, 200",
    "nbf, 62, 401"
  })
  void time_isCheckedWithSkew(String claim, int fromNow, int status) {
    serveOptional(inline("https://issuer"));
    assertThat(status(bearer(RSA.sign("RS256", claims(claim, String.valueOf(now() + fromNow))))))
        .isEqualTo(status);
  }

  @Test
  void rememberedToken_expires() {
    serveOptional(inline("https://issuer"));
    String token = RSA.sign("RS256", claims());
    assertThat(status(bearer(token))).isEqualTo(200);
    assertThat(status(bearer(token))).isEqualTo(200);
    time.advanceMillis(661_000);
    assertThat(status(bearer(token))).isEqualTo(401);
  }

  @Test
  void claims_mustBeWhatTheProviderSays() {
    JwtProvider strict =
        new JwtProvider(
            "https://issuer",
            List.of("orders", "https://shop/"),
            new StringMatch.Prefix("an", false),
            true,
            Duration.ofHours(1),
            Duration.ofSeconds(60),
            new JwtProvider.Keys.Inline(KEYS),
            List.of(),
            List.of(),
            List.of(),
            false,
            "",
            "payload",
            List.of(),
            List.of(),
            0);
    serveOptional(strict);
    String issued = String.valueOf(now());
    assertThat(status(bearer(RSA.sign("RS256", claims("aud", "\"orders\"", "iat", issued)))))
        .isEqualTo(200);
    assertThat(status(bearer(RSA.sign("RS256", claims("aud", "[\"x\",\"shop\"]", "iat", issued)))))
        .isEqualTo(200);
    for (String forOthers :
        List.of(claims("iat", issued), claims("aud", "\"other\"", "iat", issued))) {
      assertThat(status(bearer(RSA.sign("RS256", forOthers)))).as(forOthers).isEqualTo(403);
    }
    for (String wrong :
        List.of(
            claims("aud", "\"orders\"", "iat", issued, "sub", "\"bob\""),
            claims("aud", "\"orders\"", "iat", issued, "iss", "\"https://other\""),
            claims("aud", "\"orders\"", "iat", issued, "exp", ""),
            claims("aud", "\"orders\"", "iat", issued, "exp", "\"never\""),
            claims("aud", "\"orders\"", "iat", String.valueOf(now() - 7200)),
            claims("aud", "\"orders\""))) {
      assertThat(status(bearer(RSA.sign("RS256", wrong)))).as(wrong).isEqualTo(401);
    }
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

  private JwtProvider remote() {
    return provider(
        "https://issuer",
        new JwtProvider.Keys.Remote(
            URI.create("https://issuer/keys"), Duration.ofSeconds(5), Duration.ofMinutes(10)));
  }

  @Test
  void requestBeforeTheKeys_waitsForThem() {
    serveOptional(remote());
    Admission admission = inbound.admit(bearer(RSA.sign("RS256", claims())), PEER);
    assertThat(admission).isInstanceOf(Admission.Pending.class);
    fetches.answer(KEYS, -1);
    assertThat(((Admission.Pending) admission).result().toCompletableFuture().getNow(null))
        .isInstanceOf(Admission.Allowed.class);
    assertThat(status(FakeRequest.get("orders", "/"))).isEqualTo(200);
  }

  @Test
  void keysThatCannotBeFetched_refuse_andAreFetchedAgain() {
    serveOptional(remote());
    String token = RSA.sign("RS256", claims());
    Admission admission = inbound.admit(bearer(token), PEER);
    fetches.fail();
    assertThat(((Admission.Pending) admission).result().toCompletableFuture().getNow(null))
        .isInstanceOf(Admission.Denied.class);
    time.advanceMillis(1000);
    assertThat(fetches.count).isEqualTo(2);
    fetches.answer(KEYS, -1);
    assertThat(status(bearer(token))).isEqualTo(200);
  }

  @Test
  void staleKeys_stayInUse_whileFetchingFails() {
    serveOptional(remote());
    fetches.answer(KEYS, 60);
    for (int i = 0; i < 30; i++) {
      time.advanceMillis(60_000);
      while (!fetches.pending.isEmpty()) {
        fetches.fail();
      }
    }
    assertThat(status(bearer(RSA.sign("RS256", claims())))).isEqualTo(200);
    assertThat(fetches.count).as("the breaker spares the issuer").isLessThan(35);
  }

  @Test
  void unknownKey_isFetchedOnce_howeverManyAsk() {
    TestIssuer next = TestIssuer.ec("next", 256);
    serveOptional(remote());
    fetches.answer(KEYS, -1);
    String token = next.sign("ES256", claims());
    assertThat(status(bearer(token))).as("looked a moment ago").isEqualTo(401);
    time.advanceMillis(10_000);
    Admission first = inbound.admit(bearer(token), PEER);
    Admission second = inbound.admit(bearer(token), PEER);
    assertThat(first).isInstanceOf(Admission.Pending.class);
    assertThat(second).isInstanceOf(Admission.Pending.class);
    assertThat(fetches.count).isEqualTo(2);
    fetches.answer(TestIssuer.jwks(RSA, next), -1);
    assertThat(((Admission.Pending) first).result().toCompletableFuture().getNow(null))
        .isInstanceOf(Admission.Allowed.class);
    assertThat(status(bearer(token))).isEqualTo(200);
    assertThat(status(bearer(EC.sign("ES256", claims())))).as("rotated out").isEqualTo(401);
    assertThat(fetches.count).isEqualTo(2);
  }

  @Test
  void rotatedOutKey_isForgottenWithItsTokens() {
    serveOptional(remote());
    fetches.answer(KEYS, -1);
    String token = RSA.sign("RS256", claims());
    assertThat(status(bearer(token))).isEqualTo(200);
    time.advanceMillis(599_000);
    time.advanceMillis(2_000);
    fetches.answer(TestIssuer.jwks(EC), -1);
    assertThat(status(bearer(RSA.sign("RS256", claims())))).isEqualTo(401);
    assertThat(status(bearer(token))).isEqualTo(401);
  }

  @Test
  void hugeOrWrongKeySet_isNotTaken() {
    serveOptional(remote());
    fetches.answer(KEYS, -1);
    for (String bad :
        List.of(
            "",
            "{}",
            "{\"keys\":[]}",
            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
            TestIssuer.jwks(TestIssuer.rsa("small", 1024)),
            "{\"keys\":[" + "{},".repeat(200) + "{}]}",
            KEYS.replace(
                "[", "[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" + "w".repeat(2731) + "\"},"),
            "{\"pad\":\"" + "x".repeat(300_000) + "\"}")) {
      time.advanceMillis(600_000);
      if (!fetches.pending.isEmpty()) {
        fetches.answer(bad, -1);
      }
    }
    assertThat(status(bearer(RSA.sign("RS256", claims("exp", String.valueOf(now() + 600))))))
        .isEqualTo(200);
  }
}
