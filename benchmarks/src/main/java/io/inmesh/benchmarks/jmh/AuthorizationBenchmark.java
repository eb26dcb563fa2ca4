package io.inmesh.benchmarks.jmh;

import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.filter.FilterChain;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.filter.authz.AccessFilterFactory;
import io.inmesh.filter.jwt.JwtFilterFactory;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtRequirement;
import io.inmesh.model.PathMatch;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.TestIssuer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Deciding about a request: how it grows with the number of rules, and with a token that is known.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AuthorizationBenchmark {
  private static final int CALLERS = 64;

  /** How many ALLOW rules there are; the request is let in by one of them. */
  @Param({"1", "100", "1000"})
  public int rules;

  /** What arrives. */
  @Param public RequestHead.Kind kind = RequestHead.Kind.HTTP;

  private final ThreadControlLoop loop = new ThreadControlLoop("benchmark");
  private final RequestHead[] requests = new RequestHead[CALLERS];
  private final Peer[] peers = new Peer[CALLERS];
  private FilterChain access = FilterChain.EMPTY;
  private FilterChain tokens = FilterChain.EMPTY;
  private int next;

  private static String account(int i) {
    return "spiffe://cluster.local/ns/n" + i % 50 + "/sa/a" + i;
  }

  /** As an operator writes them: an identity, a method and a path. */
  private AccessPolicy rule(int i) {
    return new AccessPolicy(
        "ns[shop]-policy[p" + i + "]-rule[0]",
        new AccessMatch.All(
            List.of(
                new AccessMatch.Header(
                    new HeaderMatch(
                        ":method",
                        new HeaderMatch.Test.Value(
                            new StringMatch.Exact(
                                kind == RequestHead.Kind.GRPC ? "POST" : "GET", false)),
                        false,
                        false)),
                new AccessMatch.Path(new StringMatch.Prefix("/shop.Orders" + i + "/", false)))),
        new AccessMatch.Identity(new StringMatch.Exact(account(i), false)));
  }

  /** Compiles the filters. */
  @Setup
  public void compile() {
    List<AccessPolicy> policies = new ArrayList<>();
    for (int i = 0; i < rules; i++) {
      policies.add(rule(i));
    }
    TestIssuer issuer = TestIssuer.ec("e1", 256);
    FilterRegistry registry =
        new FilterRegistry(
            List.of(
                new AccessFilterFactory(OpenTelemetry.noop()),
                new JwtFilterFactory(
                    loop, (uri, wait) -> new CompletableFuture<>(), OpenTelemetry.noop())));
    FilterConfig rbac =
        new FilterConfig(
            "allow",
            AccessFilterFactory.TYPE,
            false,
            new AccessControl(new AccessRules(AccessRules.Action.ALLOW, policies), null, ""));
    FilterConfig jwt =
        new FilterConfig("jwt", JwtFilterFactory.TYPE, false, authentication(issuer));
    access = registry.compile(Side.SERVER, List.of(rbac), null, List.of());
    tokens = registry.compile(Side.SERVER, List.of(jwt, rbac), null, List.of());
    String bearer =
        "Bearer "
            + issuer.sign(
                "ES256",
                "{\"iss\":\"https://issuer\",\"sub\":\"ann\",\"exp\":"
                    + (System.currentTimeMillis() / 1000 + 86_400)
                    + "}");
    InetSocketAddress from = new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
    for (int i = 0; i < CALLERS; i++) {
      int rule = (int) ((long) i * rules / CALLERS);
      String path = "/shop.Orders" + rule + "/Get";
      requests[i] =
          kind == RequestHead.Kind.GRPC
              ? FakeRequest.grpc("orders", path, "authorization", bearer)
              : FakeRequest.get("orders", path, "authorization", bearer);
      peers[i] = new Peer(from, SpiffeId.parse(account(rule)), true);
    }
  }

  private static JwtAuthentication authentication(TestIssuer issuer) {
    JwtProvider provider =
        new JwtProvider(
            "https://issuer",
            List.of(),
            null,
            false,
            null,
            Duration.ofMinutes(1),
            new JwtProvider.Keys.Inline(TestIssuer.jwks(issuer)),
            List.of(),
            List.of(),
            List.of(),
            true,
            "",
            "payload",
            List.of(),
            List.of(),
            100);
    RouteMatch everything =
        new RouteMatch(new PathMatch.Prefix("/", true), List.of(), List.of(), false, Fraction.ALL);
    return new JwtAuthentication(
        Map.of("issuer", provider),
        List.of(
            new JwtAuthentication.Rule(
                everything, new JwtRequirement.Provider("issuer", List.of()))),
        Map.of(),
        true,
        false);
  }

  /** Ends the control loop. */
  @TearDown
  public void close() {
    loop.close();
  }

  private Step decide(FilterChain chain) {
    int i = next++ & (CALLERS - 1);
    return new FilterRun(chain, Side.SERVER, requests[i], Context.root(), peers[i], null, "")
        .advance();
  }

  /** By identity, method and path. */
  @Benchmark
  public Step byIdentity() {
    return decide(access);
  }

  /** The same after a token that was seen before. */
  @Benchmark
  public Step byIdentity_withKnownToken() {
    return decide(tokens);
  }
}
