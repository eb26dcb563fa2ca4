package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a route does with a request. */
public sealed interface RouteAction {
  /**
   * Sends it to a cluster.
   *
   * @param clusters at least one; chosen by weight
   * @param timeout over all attempts, from the request's end; null or zero: none
   * @param idleTimeout of the stream; null: the default
   * @param maxStreamDuration of the stream; zero: no limit; null: the listener's
   * @param grpcTimeoutMax bound of the {@code grpc-timeout} header; zero: use it as it is; null:
   *     ignore it
   * @param grpcTimeoutOffset subtracted from that header; null: nothing
   * @param retry replaces the virtual host's; null: none of its own
   * @param rewrite of path and authority
   * @param hashPolicies for hashing balancers
   * @param mirrors shadow copies; empty: the virtual host's
   * @param highPriority uses the HIGH circuit breaker thresholds
   * @param policy what goes beyond Envoy
   * @param clusterNotFoundStatus the HTTP status when the chosen cluster does not exist
   */
  record Forward(
      List<WeightedCluster> clusters,
      @Nullable Duration timeout,
      @Nullable Duration idleTimeout,
      @Nullable Duration maxStreamDuration,
      @Nullable Duration grpcTimeoutMax,
      @Nullable Duration grpcTimeoutOffset,
      @Nullable RetryPolicy retry,
      Rewrite rewrite,
      List<HashPolicy> hashPolicies,
      List<Mirror> mirrors,
      boolean highPriority,
      CallPolicy policy,
      int clusterNotFoundStatus)
      implements RouteAction {
    public Forward {
      clusters = List.copyOf(clusters);
      hashPolicies = List.copyOf(hashPolicies);
      mirrors = List.copyOf(mirrors);
    }
  }

  /**
   * Answers with a redirect, without any network.
   *
   * @param scheme new scheme; null: as it was
   * @param host new host; null: as it was
   * @param port new port; null: as the scheme demands or as it was
   * @param path new whole path; null: as it was
   * @param prefixRewrite replaces the matched prefix; null: none
   * @param status 301, 302, 303, 307 or 308
   * @param stripQuery drops the query
   */
  record Redirect(
      @Nullable String scheme,
      @Nullable String host,
      @Nullable Integer port,
      @Nullable String path,
      @Nullable String prefixRewrite,
      int status,
      boolean stripQuery)
      implements RouteAction {}

  /**
   * Answers with fixed content, without any network.
   *
   * @param status HTTP status
   * @param body may be empty
   */
  record DirectResponse(int status, String body) implements RouteAction {}

  /** The only action of server listeners: the request is for this process. */
  record NonForwarding() implements RouteAction {}
}
