package io.inmesh.filter;

import io.inmesh.call.Headers;
import io.inmesh.call.LocalReply;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Randomness;
import io.inmesh.match.TextTest;
import io.inmesh.model.CorsPolicy;
import io.inmesh.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cross-origin resource sharing as Envoy's {@code envoy.filters.http.cors} does it, on the side of
 * servers: answers preflight requests and tells browsers who may read responses. It refuses
 * nothing; that is the browser's part.
 *
 * @see <a href="https://fetch.spec.whatwg.org/#http-cors-protocol">CORS protocol</a>
 */
final class CorsFilter implements MeshFilter {
  /** Makes them. */
  static final class Factory extends TypedFactory<CorsPolicy> {
    private final Randomness random;

    Factory(Randomness random) {
      super("envoy.extensions.filters.http.cors.v3.Cors", CorsPolicy.class);
      this.random = random;
    }

    @Override
    public boolean serves(Side side) {
      return side == Side.SERVER;
    }

    @Override
    MeshFilter create(CorsPolicy settings) {
      return new CorsFilter(settings, random);
    }
  }

  private static final int OK = 0;
  private static final String ALLOW = "access-control-allow-";
  private static final String ALLOW_ORIGIN = ALLOW + "origin";
  private static final String ALLOW_CREDENTIALS = ALLOW + "credentials";
  private static final String REQUEST = "access-control-request-";

  private final CorsPolicy policy;
  private final TextTest[] origins;
  private final boolean anyOrigin;
  private final Randomness random;

  CorsFilter(CorsPolicy policy, Randomness random) {
    this.policy = policy;
    this.origins = policy.origins().stream().map(TextTest::of).toArray(TextTest[]::new);
    this.anyOrigin =
        policy.origins().stream()
            .anyMatch(origin -> origin instanceof StringMatch.Exact e && e.value().equals("*"));
    this.random = random;
  }

  @Override
  public Step onRequest(FilterCall call) {
    RequestHead request = call.request();
    String origin = request.headers().get("origin");
    if (origin == null || origin.isEmpty() || !Shares.drawn(policy.enabled(), random)) {
      return Step.NEXT;
    }
    boolean allowed = allows(origin);
    if (allowed) {
      call.state(origin);
    }
    String method = request.headers().get(REQUEST + "method");
    boolean preflight = request.method().equals("OPTIONS") && method != null && !method.isEmpty();
    if (!preflight || (!allowed && policy.forwardOthers())) {
      return Step.NEXT;
    }
    return new Step.Answer(
        new LocalReply(200, OK, preflight(allowed ? origin : null, request.headers()), "", null));
  }

  private boolean allows(String origin) {
    if (anyOrigin) {
      return true;
    }
    for (TextTest test : origins) {
      if (test.test(origin)) {
        return true;
      }
    }
    return false;
  }

  private List<Map.Entry<String, String>> preflight(@Nullable String origin, Headers asked) {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    if (origin != null) {
      fields.add(Map.entry(ALLOW_ORIGIN, origin));
      if (policy.credentials()) {
        fields.add(Map.entry(ALLOW_CREDENTIALS, "true"));
      }
      add(ALLOW + "methods", named(policy.methods(), asked.get(REQUEST + "method")), fields);
      add(ALLOW + "headers", named(policy.headers(), asked.get(REQUEST + "headers")), fields);
      add("access-control-max-age", policy.maxAge(), fields);
      if (policy.privateNetwork() && "true".equals(asked.get(REQUEST + "private-network"))) {
        fields.add(Map.entry(ALLOW + "private-network", "true"));
      }
    }
    fields.add(Map.entry("vary", "origin"));
    return fields;
  }

  /** Browsers take {@code *} literally where there are credentials. */
  private static String named(String configured, @Nullable String asked) {
    return configured.equals("*") ? asked == null ? "" : asked : configured;
  }

  private static void add(String name, String value, List<Map.Entry<String, String>> to) {
    if (!value.isEmpty()) {
      to.add(Map.entry(name, value));
    }
  }

  @Override
  public void onResponse(FilterCall call, ResponseHead response) {
    if (!(call.state() instanceof String origin)) {
      return;
    }
    Headers fields = response.headers();
    fields.set(ALLOW_ORIGIN, origin);
    if (policy.credentials()) {
      fields.set(ALLOW_CREDENTIALS, "true");
    }
    if (!policy.exposed().isEmpty()) {
      fields.set("access-control-expose-headers", policy.exposed());
    }
    fields.add("vary", "origin");
  }
}
