package io.inmesh.server.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Istio's {@code TrafficPolicy}: how callers treat a destination. What is null is not said.
 *
 * @param loadBalancer how endpoints are chosen
 * @param connectionPool limits and lifetime of connections
 * @param outlierDetection when endpoints are ejected
 * @param tls how connections are secured
 * @param retryBudget what all retries may be together; ports cannot say it and inherit it
 * @param ports what holds for one port instead: nothing else of the above is inherited there
 * @param provenance where it is written
 */
public record TrafficPolicySpec(
    @Nullable LoadBalancer loadBalancer,
    @Nullable ConnectionPool connectionPool,
    @Nullable OutlierDetection outlierDetection,
    @Nullable ClientTls tls,
    @Nullable RetryBudget retryBudget,
    Map<Integer, TrafficPolicySpec> ports,
    Provenance provenance) {

  /** Nothing is said. */
  public static final TrafficPolicySpec EMPTY =
      new TrafficPolicySpec(null, null, null, null, null, Map.of(), Provenance.UNKNOWN);

  /** Copies the map. */
  public TrafficPolicySpec {
    ports = Map.copyOf(ports);
  }

  /** This policy with what another one says instead; Istio's order of a subset over its rule. */
  public TrafficPolicySpec overriddenBy(@Nullable TrafficPolicySpec other, int port) {
    if (other == null) {
      return this;
    }
    RetryBudget budget = other.retryBudget == null ? retryBudget : other.retryBudget;
    TrafficPolicySpec ofPort = other.ports.get(port);
    if (ofPort != null) {
      return ofPort.withRetryBudget(budget);
    }
    return new TrafficPolicySpec(
        other.loadBalancer == null ? loadBalancer : other.loadBalancer,
        other.connectionPool == null ? connectionPool : other.connectionPool,
        other.outlierDetection == null ? outlierDetection : other.outlierDetection,
        other.tls == null ? tls : other.tls,
        budget,
        Map.of(),
        other.provenance);
  }

  /** The same, secured in another way. */
  public TrafficPolicySpec withTls(@Nullable ClientTls other) {
    return new TrafficPolicySpec(
        loadBalancer, connectionPool, outlierDetection, other, retryBudget, ports, provenance);
  }

  /** The same with another budget for retries. */
  public TrafficPolicySpec withRetryBudget(@Nullable RetryBudget other) {
    return new TrafficPolicySpec(
        loadBalancer, connectionPool, outlierDetection, tls, other, ports, provenance);
  }

  /**
   * Retries in flight are at most a share of the requests in flight.
   *
   * @param percent of those
   * @param minConcurrency retries allowed however few requests there are
   */
  public record RetryBudget(double percent, int minConcurrency) {}

  /** The same for all ports alike, with what is said about TLS replaced. */
  public TrafficPolicySpec mapTls(UnaryOperator<ClientTls> change) {
    Map<Integer, TrafficPolicySpec> changed = new HashMap<>();
    ports.forEach((port, policy) -> changed.put(port, policy.mapTls(change)));
    return new TrafficPolicySpec(
        loadBalancer,
        connectionPool,
        outlierDetection,
        tls == null ? null : change.apply(tls),
        retryBudget,
        changed,
        provenance);
  }

  /** Whether zones decide for any port. */
  public boolean zoneAware() {
    LocalitySpec locality = loadBalancer == null ? null : loadBalancer.locality();
    return (locality != null && locality.zoneAware())
        || ports.values().stream().anyMatch(TrafficPolicySpec::zoneAware);
  }

  /** The algorithms of {@code simple}. */
  public enum Algorithm {
    /** Istio's default: least request. */
    UNSPECIFIED,
    /** The old name of the next. */
    LEAST_CONN,
    LEAST_REQUEST,
    ROUND_ROBIN,
    RANDOM
  }

  /**
   * How endpoints are chosen.
   *
   * @param simple the algorithm, unless a hash decides
   * @param consistentHash null: no hash decides
   * @param locality null: not said
   * @param warmup null: new endpoints take their full share at once
   * @param provenance where it is written
   */
  public record LoadBalancer(
      Algorithm simple,
      @Nullable ConsistentHash consistentHash,
      @Nullable LocalitySpec locality,
      @Nullable Warmup warmup,
      Provenance provenance) {}

  /**
   * Requests with the same key go to the same endpoint.
   *
   * @param header name of a header; null: not from one
   * @param cookie null: not from one
   * @param query name of a query parameter; null: not from one
   * @param sourceIp whether the caller itself is the key
   * @param minimumRingSize for ring hash
   * @param tableSize for Maglev; 0: ring hash
   */
  public record ConsistentHash(
      @Nullable String header,
      @Nullable Cookie cookie,
      @Nullable String query,
      boolean sourceIp,
      long minimumRingSize,
      int tableSize) {}

  /**
   * The cookie that holds the key.
   *
   * @param name of the cookie
   * @param path it is set for; may be empty
   * @param ttl how long it lives; zero: for the session; null: it is not generated
   */
  public record Cookie(String name, String path, @Nullable Duration ttl) {}

  /**
   * How new endpoints take up load.
   *
   * @param duration until they have their full share
   * @param minimumPercent of it at the start
   * @param aggression 1 is linear
   */
  public record Warmup(Duration duration, double minimumPercent, double aggression) {}

  /**
   * Limits and lifetime of connections; 0 and null: not said.
   *
   * @param http2 whether HTTP/1.1 ports are spoken to with HTTP/2; null: not said
   */
  public record ConnectionPool(
      int maxConnections,
      @Nullable Duration connectTimeout,
      @Nullable Duration maxConnectionDuration,
      @Nullable TcpKeepalive tcpKeepalive,
      int maxPendingRequests,
      int maxRequests,
      int maxRequestsPerConnection,
      @Nullable Integer maxRetries,
      @Nullable Duration idleTimeout,
      int maxConcurrentStreams,
      @Nullable Http2Keepalive http2Keepalive,
      @Nullable Boolean http2) {}

  /** TCP keep-alive; 0 and null: the system's defaults. */
  public record TcpKeepalive(int probes, @Nullable Duration time, @Nullable Duration interval) {}

  /** HTTP/2 pings. */
  public record Http2Keepalive(Duration interval, Duration timeout) {}

  /**
   * When endpoints are ejected; null: not said.
   *
   * @param errorCodes statuses that count instead of 5xx; empty: 5xx
   */
  public record OutlierDetection(
      boolean splitLocalOrigin,
      @Nullable Integer consecutiveLocalOriginFailures,
      @Nullable Integer consecutiveGatewayErrors,
      @Nullable Integer consecutive5xxErrors,
      @Nullable Duration interval,
      @Nullable Duration baseEjectionTime,
      @Nullable Integer maxEjectionPercent,
      int minHealthPercent,
      List<Integer> errorCodes,
      Provenance provenance) {
    /** Copies the list. */
    public OutlierDetection {
      errorCodes = List.copyOf(errorCodes);
    }
  }
}
