package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ours, {@code inmesh.io/v1alpha1 RoutePolicy}: timeouts and retries of a route, a rule or a
 * service. Null means that the policy does not say.
 *
 * @param targetRefs what it applies to, in its own namespace
 * @param timeout from the end of the request to the end of the response, retries included; zero for
 *     no limit
 * @param perTryTimeout for each attempt; zero for no limit
 * @param idleTimeout of a stream on which nothing moves; zero for no limit
 * @param streams how long streams may take
 * @param retry what is retried
 * @param allowNonIdempotent whether requests that are not idempotent may be sent again although
 *     they may have been processed
 * @param calls hedging, faults, limits, mirrors and what responses mean
 * @param endpoints of a Service; null: nothing is said
 */
public record RoutePolicySpec(
    List<TargetRef> targetRefs,
    @Nullable Duration timeout,
    @Nullable Duration perTryTimeout,
    @Nullable Duration idleTimeout,
    StreamLimits streams,
    @Nullable Retry retry,
    boolean allowNonIdempotent,
    CallRules calls,
    @Nullable EndpointPolicySpec endpoints)
    implements Spec {

  /** Copies the list. */
  public RoutePolicySpec {
    targetRefs = List.copyOf(targetRefs);
  }

  /**
   * What a policy applies to.
   *
   * @param group API group; empty for the core group
   * @param kind {@code HTTPRoute}, {@code GRPCRoute}, {@code VirtualService} or {@code Service}
   * @param name its name
   * @param sectionName of a route, the name of one rule; null for all
   * @param provenance where it is written
   */
  public record TargetRef(
      String group,
      String kind,
      String name,
      @Nullable String sectionName,
      Provenance provenance) {}

  /**
   * When servers want a request again.
   *
   * @param headers of responses, with a number of seconds
   * @param max longer waits are not obeyed
   */
  public record RetryAfter(List<String> headers, Duration max) {
    /** Copies the list. */
    public RetryAfter {
      headers = List.copyOf(headers);
    }
  }

  /**
   * What is retried and how.
   *
   * @param attempts how many retries at most; 0 switches retries off, the implicit ones included
   * @param on Envoy's {@code retry_on} and {@code retry_grpc_on} tokens
   * @param conditions that applications bring
   * @param codes further HTTP statuses that are retried
   * @param backoffBase scale of the first wait; null for the default
   * @param backoffMax the longest wait; null for the default
   * @param perTryIdle how long an attempt may be silent; null for any time
   * @param retryAfter what servers say about when to come back; null: they are not heard
   * @param provenance where it is written
   */
  public record Retry(
      int attempts,
      List<String> on,
      List<String> conditions,
      List<Integer> codes,
      @Nullable Duration backoffBase,
      @Nullable Duration backoffMax,
      @Nullable Duration perTryIdle,
      @Nullable RetryAfter retryAfter,
      Provenance provenance) {
    /** Copies the lists. */
    public Retry {
      on = List.copyOf(on);
      conditions = List.copyOf(conditions);
      codes = List.copyOf(codes);
    }
  }
}
