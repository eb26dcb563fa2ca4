package io.inmesh.resilience;

import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.Endpoint;
import io.inmesh.model.ResponseClass.Meaning;
import io.inmesh.model.RetryPolicy;
import io.inmesh.route.FieldTest;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@link RetryPolicy}, by Envoy's conditions. Knows when a retry is wanted, not whether
 * it is safe: that is the call's business. Immutable.
 */
public final class RetryRules {
  /** gRPC's bound on retries of one call (gRFC A6: five attempts). */
  public static final int GRPC_MAX_RETRIES = 4;

  /**
   * Where nothing is configured: what certainly was not processed is tried on up to two more hosts.
   */
  public static final RetryRules IMPLICIT = new RetryRules();

  private static final int DEADLINE_EXCEEDED = 4;
  private static final String RATE_LIMITED = "x-envoy-ratelimited";

  private final boolean configured;
  private final int retries;
  private final boolean on5xx;
  private final boolean onGatewayError;
  private final boolean onReset;
  private final boolean onResetBeforeRequest;
  private final boolean onConnectFailure;
  private final boolean onRefused;
  private final boolean onRateLimited;
  private final BitSet statuses = new BitSet();
  private final int grpcStatuses;
  private final FieldTest[] responseHeaders;
  private final FieldTest[] requestHeaders;
  private final long perTryNanos;
  private final long perTryIdleNanos;
  private final BackOff backOff;
  private final ServerBackOff serverBackOff;
  private final boolean avoidPreviousHosts;
  private final Map<String, String> avoidHosts;
  private final int priorityFrequency;
  private final boolean nonIdempotentAllowed;

  private RetryRules() {
    configured = false;
    retries = 2;
    on5xx = false;
    onGatewayError = false;
    onReset = false;
    onResetBeforeRequest = false;
    onConnectFailure = false;
    onRefused = false;
    onRateLimited = false;
    grpcStatuses = 0;
    responseHeaders = new FieldTest[0];
    requestHeaders = new FieldTest[0];
    perTryNanos = 0;
    perTryIdleNanos = 0;
    backOff = BackOff.DEFAULT;
    serverBackOff = new ServerBackOff(List.of(), 0);
    avoidPreviousHosts = true;
    avoidHosts = Map.of();
    priorityFrequency = 0;
    nonIdempotentAllowed = false;
  }

  private RetryRules(RetryPolicy policy) {
    Set<String> on = policy.on();
    configured = true;
    retries = policy.retries();
    on5xx = on.contains("5xx");
    onGatewayError = on.contains("gateway-error");
    onReset = on.contains("reset");
    onResetBeforeRequest = on.contains("reset-before-request");
    onConnectFailure = on.contains("connect-failure");
    onRefused = on.contains("refused-stream");
    onRateLimited = on.contains("envoy-ratelimited");
    if (on.contains("retriable-4xx")) {
      statuses.set(409);
    }
    if (on.contains("retriable-status-codes")) {
      policy.statusCodes().forEach(statuses::set);
    }
    if (onGatewayError) {
      statuses.set(502, 505);
    }
    if (on5xx) {
      statuses.set(500, 600);
    }
    int grpc = 0;
    grpc |= on.contains("cancelled") ? 1 << 1 : 0;
    grpc |= on.contains("deadline-exceeded") ? 1 << DEADLINE_EXCEEDED : 0;
    grpc |= on.contains("resource-exhausted") ? 1 << 8 : 0;
    grpc |= on.contains("internal") ? 1 << 13 : 0;
    grpc |= on.contains("unavailable") ? 1 << 14 : 0;
    grpcStatuses = grpc;
    responseHeaders =
        on.contains("retriable-headers")
            ? FieldTest.all(policy.retriableHeaders())
            : new FieldTest[0];
    requestHeaders = FieldTest.all(policy.requestHeaders());
    perTryNanos = policy.perTryTimeout() == null ? 0 : policy.perTryTimeout().toNanos();
    perTryIdleNanos = policy.perTryIdleTimeout() == null ? 0 : policy.perTryIdleTimeout().toNanos();
    backOff = BackOff.of(policy.backOffBase(), policy.backOffMax()).atLeast(policy.backOffLeast());
    serverBackOff =
        new ServerBackOff(policy.rateLimitedResets(), policy.rateLimitedMax().toNanos());
    avoidPreviousHosts = policy.avoidPreviousHosts();
    avoidHosts = policy.avoidHosts();
    priorityFrequency = policy.avoidPreviousPriorities();
    nonIdempotentAllowed = policy.nonIdempotentAllowed();
  }

  /**
   * Compiles.
   *
   * @param policy null: {@link #IMPLICIT}
   * @throws IllegalArgumentException if a matcher is wrong
   */
  public static RetryRules of(@Nullable RetryPolicy policy) {
    return policy == null ? IMPLICIT : new RetryRules(policy);
  }

  /** Whether a policy was configured at all. */
  public boolean configured() {
    return configured;
  }

  /**
   * How many retries one call may have.
   *
   * @param maxAttempts what the application says about tries, the first included; 0: nothing
   */
  public int retries(RequestHead.Kind kind, int maxAttempts) {
    int most = maxAttempts > 0 ? maxAttempts - 1 : retries;
    return kind == RequestHead.Kind.GRPC ? Math.min(most, GRPC_MAX_RETRIES) : most;
  }

  /** Whether the policy covers this request at all. */
  public boolean covers(RequestHead head) {
    if (requestHeaders.length == 0) {
      return true;
    }
    for (FieldTest test : requestHeaders) {
      if (test.test(head)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a response is one to retry. What an operator classed as a failure is retried where 5xx
   * are, what was classed as a success never.
   */
  public boolean response(RequestHead.Kind kind, ResponseHead head, SuccessRules success) {
    if (!configured) {
      return false;
    }
    int status = head.status();
    int grpcStatus = head.grpcStatus();
    Meaning said = success.meaning(status, grpcStatus);
    if (said == Meaning.GOOD) {
      return false;
    }
    if (head.headers().get(RATE_LIMITED) != null) {
      return onRateLimited;
    }
    if (on5xx && said == Meaning.FAILED) {
      return true;
    }
    if (kind == RequestHead.Kind.GRPC && grpcStatus != ResponseHead.NO_GRPC_STATUS) {
      return grpcStatus(grpcStatus) || headers(head.headers());
    }
    return (status > 0 && statuses.get(status)) || headers(head.headers());
  }

  /** How long a response asks to wait; negative: it does not ask ({@link #never} aside). */
  public long serverDelayNanos(
      RequestHead.Kind kind, ResponseHead head, long epochMillis, Randomness random) {
    return serverBackOff.delayNanos(kind, head.headers(), epochMillis, random);
  }

  /** Whether that delay means that the server wants no retry. */
  public static boolean never(long serverDelayNanos) {
    return serverDelayNanos == ServerBackOff.NEVER;
  }

  private boolean grpcStatus(int status) {
    return status > 0 && status < 32 && (grpcStatuses & 1 << status) != 0;
  }

  private boolean headers(Headers headers) {
    for (FieldTest test : responseHeaders) {
      if (test.test(headers)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a failure is one to retry. */
  public boolean failure(Failure failure, RequestHead.Kind kind) {
    return switch (failure) {
      // Certainly not processed: always, unless retries are switched off.
      case CONNECT, TLS, REFUSED, RESET_BEFORE_REQUEST -> true;
      case CONNECTION_LOST, RESET, PROTOCOL ->
          on5xx || onGatewayError || onReset || (kind == RequestHead.Kind.GRPC && grpcStatus(14));
      case OVERFLOW, CLOSED -> false;
    };
  }

  /** Whether a failure is retried because the policy says so, not only because it is harmless. */
  public boolean configuredFor(Failure failure) {
    return switch (failure) {
      case CONNECT, TLS -> onConnectFailure || on5xx || onGatewayError || onReset;
      case REFUSED -> onRefused || on5xx || onGatewayError || onReset;
      case RESET_BEFORE_REQUEST -> onResetBeforeRequest || on5xx || onGatewayError || onReset;
      default -> true;
    };
  }

  /** Whether an attempt that exceeded its own time is retried. */
  public boolean perTryTimeout(RequestHead.Kind kind) {
    return on5xx
        || onGatewayError
        || onReset
        || (kind == RequestHead.Kind.GRPC && grpcStatus(DEADLINE_EXCEEDED));
  }

  /** The time of each attempt; 0: no limit of its own. */
  public long perTryNanos() {
    return perTryNanos;
  }

  /** How long an attempt may be silent; 0: any time. */
  public long perTryIdleNanos() {
    return perTryIdleNanos;
  }

  /** The wait between attempts. */
  public BackOff backOff() {
    return backOff;
  }

  /** Whether hosts that were tried are avoided while there are others. */
  public boolean avoidPreviousHosts() {
    return avoidPreviousHosts;
  }

  /** Whether hosts are told apart by more than having been tried. */
  public boolean particular() {
    return !avoidHosts.isEmpty() || priorityFrequency > 0;
  }

  /** Whether a host is one not to retry on, by its metadata. */
  public boolean avoids(Endpoint endpoint) {
    return !avoidHosts.isEmpty()
        && endpoint.metadata().entrySet().containsAll(avoidHosts.entrySet());
  }

  /** After how many attempts another priority is preferred; 0: never. */
  public int priorityFrequency() {
    return priorityFrequency;
  }

  /** Whether the operator says that repeating any request of this route is safe. */
  public boolean nonIdempotentAllowed() {
    return nonIdempotentAllowed;
  }
}
