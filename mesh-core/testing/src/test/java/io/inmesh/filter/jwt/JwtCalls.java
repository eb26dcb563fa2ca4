package io.inmesh.filter.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.control.ManualClock;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtRequirement;
import io.inmesh.model.PathMatch;
import io.inmesh.model.RouteMatch;
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

/** Requests to a server whose issuers and requirements each test says. */
abstract class JwtCalls {
  static final Peer PEER =
      new Peer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), null, false);
  static final TestIssuer RSA = TestIssuer.rsa("r1");
  static final TestIssuer EC = TestIssuer.ec("e1", 256);
  static final TestIssuer STRANGER = TestIssuer.rsa("r1");
  static final String KEYS =
      TestIssuer.jwks(RSA, EC, Others.EC, Others.EC521, Others.ED, Others.WITHOUT_ID);

  /** Whose keys are in the set, too. */
  static final class Others {
    static final TestIssuer EC = TestIssuer.ec("e2", 384);
    static final TestIssuer EC521 = TestIssuer.ec("e3", 521);
    static final TestIssuer ED = TestIssuer.ed25519("d1");
    static final TestIssuer WITHOUT_ID = TestIssuer.ec("", 256);
  }

  /** Fetches what the test says, when it says so. */
  static final class Fetches implements KeyFetcher {
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

  final Fetches fetches = new Fetches();
  final ManualClock time = new ManualClock();
  private final FakeMesh mesh =
      new FakeMesh(
          EngineSettings.insecure("orders", "default"),
          builder -> builder.filter(new JwtFilterFactory(time, fetches, OpenTelemetry.noop())));
  final Inbound inbound = mesh.engine().inbound(8080);

  /** Takes tokens from the usual places and tells their claims to later filters. */
  static JwtProvider provider(String issuer, JwtProvider.Keys keys) {
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

  static JwtProvider inline(String issuer) {
    return provider(issuer, new JwtProvider.Keys.Inline(KEYS));
  }

  /** A valid token or none. */
  static JwtRequirement optional(String provider) {
    return new JwtRequirement.AnyOf(
        List.of(
            new JwtRequirement.Provider(provider, List.of()), new JwtRequirement.AllowMissing()));
  }

  void serve(JwtRequirement requirement, Map<String, JwtProvider> providers, FilterConfig... more) {
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

  void serveOptional(JwtProvider provider) {
    serve(optional("p"), Map.of("p", provider));
  }

  /** Ann's, valid for ten minutes, with others in their place; an empty value leaves one out. */
  String claims(String... namesAndValues) {
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

  /** In seconds, as in claims. */
  long now() {
    return time.epochMillis() / 1000;
  }

  static FakeRequest bearer(String token) {
    return FakeRequest.get("orders", "/", "authorization", "Bearer " + token);
  }

  /** The status, or 200. */
  int status(FakeRequest request) {
    LocalReply reply = reply(request);
    return reply == null ? 200 : reply.status();
  }

  @Nullable LocalReply reply(FakeRequest request) {
    Admission admission = inbound.admit(request, PEER);
    if (admission instanceof Admission.Pending pending) {
      admission = pending.result().toCompletableFuture().getNow(null);
      assertThat(admission).as("still pending").isNotNull();
    }
    return admission instanceof Admission.Denied denied ? denied.reply() : null;
  }
}
