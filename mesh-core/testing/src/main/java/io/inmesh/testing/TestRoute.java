package io.inmesh.testing;

import io.inmesh.model.CallPolicy;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.HashPolicy;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.HedgePolicy;
import io.inmesh.model.Mirror;
import io.inmesh.model.PathMatch;
import io.inmesh.model.QueryMatch;
import io.inmesh.model.RetryPolicy;
import io.inmesh.model.Rewrite;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.WeightedCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A route in the making. Confined to one thread. */
public final class TestRoute {
  private final PathMatch path;
  private final List<HeaderMatch> headerMatches = new ArrayList<>();
  private final List<QueryMatch> queryMatches = new ArrayList<>();
  private final List<WeightedCluster> clusters = new ArrayList<>();
  private final List<HashPolicy> hashPolicies = new ArrayList<>();
  private Fraction fraction = Fraction.ALL;
  private boolean grpcOnly;
  private String name = "";
  private @Nullable RouteAction action;
  private @Nullable Duration timeout;
  private @Nullable Duration idleTimeout;
  private @Nullable Duration maxStreamDuration;
  private @Nullable Duration grpcTimeoutMax;
  private @Nullable Duration grpcTimeoutOffset;
  private @Nullable RetryPolicy retry;
  private Rewrite rewrite = Rewrite.NONE;
  private HeaderChanges headers = HeaderChanges.NONE;
  private Map<String, FilterConfig> filters = Map.of();
  private boolean highPriority;
  private CallPolicy policy = CallPolicy.NONE;
  private final List<Mirror> mirrors = new ArrayList<>();

  private TestRoute(PathMatch path) {
    this.path = path;
  }

  /** Everything. */
  public static TestRoute any() {
    return on(new PathMatch.Prefix("", true));
  }

  /** Paths with a prefix. */
  public static TestRoute prefix(String prefix) {
    return on(new PathMatch.Prefix(prefix, true));
  }

  /** One path. */
  public static TestRoute exact(String path) {
    return on(new PathMatch.Exact(path, true));
  }

  /** Any path match. */
  public static TestRoute on(PathMatch path) {
    return new TestRoute(path);
  }

  /** Gives it a name. */
  public TestRoute named(String value) {
    name = value;
    return this;
  }

  /** Demands headers. */
  public TestRoute header(HeaderMatch... matches) {
    headerMatches.addAll(Arrays.asList(matches));
    return this;
  }

  /** Demands query parameters. */
  public TestRoute query(QueryMatch... matches) {
    queryMatches.addAll(Arrays.asList(matches));
    return this;
  }

  /** Takes a share of what matches. */
  public TestRoute fraction(int numerator, int denominator) {
    fraction = new Fraction(numerator, denominator);
    return this;
  }

  /** Demands gRPC. */
  public TestRoute grpcOnly() {
    grpcOnly = true;
    return this;
  }

  /** Sends it to a cluster. */
  public TestRoute to(String cluster) {
    return to(cluster, 1);
  }

  /** Sends a share of it to a cluster. */
  public TestRoute to(String cluster, int weight) {
    return to(new WeightedCluster(cluster, weight, HeaderChanges.NONE, Map.of(), 0));
  }

  /** Sends a share of it to a cluster. */
  public TestRoute to(WeightedCluster cluster) {
    clusters.add(cluster);
    return this;
  }

  /** Does something else than forwarding. */
  public TestRoute action(RouteAction value) {
    action = value;
    return this;
  }

  /** The route's timeout. */
  public TestRoute timeout(Duration value) {
    timeout = value;
    return this;
  }

  /** How long the stream may be silent. */
  public TestRoute idleTimeout(Duration value) {
    idleTimeout = value;
    return this;
  }

  /** How long the stream may last. */
  public TestRoute maxStreamDuration(Duration value) {
    maxStreamDuration = value;
    return this;
  }

  /** The rule for gRPC deadlines. */
  public TestRoute grpcTimeout(Duration max, @Nullable Duration offset) {
    grpcTimeoutMax = max;
    grpcTimeoutOffset = offset;
    return this;
  }

  /** Retries on conditions, up to a number. */
  public TestRoute retry(int retries, String... on) {
    return retry(retryPolicy(retries, null, on));
  }

  /** Retries. */
  public TestRoute retry(RetryPolicy value) {
    retry = value;
    return this;
  }

  /** Changes of path and authority. */
  public TestRoute rewrite(Rewrite value) {
    rewrite = value;
    return this;
  }

  /** Header changes. */
  public TestRoute headers(HeaderChanges value) {
    headers = value;
    return this;
  }

  /** Filter settings for this route. */
  public TestRoute filters(Map<String, FilterConfig> value) {
    filters = value;
    return this;
  }

  /** Where the hash comes from. */
  public TestRoute hash(HashPolicy... policies) {
    hashPolicies.addAll(Arrays.asList(policies));
    return this;
  }

  /** What goes beyond Envoy. */
  public TestRoute policy(CallPolicy value) {
    policy = value;
    return this;
  }

  /** Hedges after a delay. */
  public TestRoute hedge(Duration delay) {
    return policy(new CallPolicy(new HedgePolicy(2, delay, 0, 100, false), false, List.of()));
  }

  /** Copies requests to another cluster. */
  public TestRoute mirror(String cluster, Fraction share) {
    mirrors.add(new Mirror(cluster, share, true));
    return this;
  }

  /** Uses the limits for high priority. */
  public TestRoute highPriority() {
    highPriority = true;
    return this;
  }

  /** A retry policy with the usual back-off that avoids previous hosts. */
  public static RetryPolicy retryPolicy(
      int retries, @Nullable Duration perTryTimeout, String... on) {
    return new RetryPolicy(
        Set.of(on),
        retries,
        perTryTimeout,
        null,
        Duration.ofMillis(25),
        Duration.ofMillis(250),
        Set.of(),
        List.of(),
        List.of(),
        true,
        Map.of(),
        5,
        0,
        List.of(),
        Duration.ofMinutes(5),
        false,
        Duration.ZERO);
  }

  /** The route. */
  public Route build() {
    RouteAction what = action;
    if (what == null) {
      what =
          new RouteAction.Forward(
              clusters,
              timeout,
              idleTimeout,
              maxStreamDuration,
              grpcTimeoutMax,
              grpcTimeoutOffset,
              retry,
              rewrite,
              hashPolicies,
              mirrors,
              highPriority,
              policy,
              503);
    }
    RouteMatch match = new RouteMatch(path, headerMatches, queryMatches, grpcOnly, fraction);
    return new Route(name, match, what, headers, filters, "");
  }
}
