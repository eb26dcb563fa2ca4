package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a RoutePolicy says about calls beyond timeouts and retries.
 *
 * @param hedge null: none
 * @param fault null: none
 * @param rateLimit null: none
 * @param concurrency null: no limit
 * @param mirrors copies of requests
 * @param success what responses mean; the first that is about a status counts
 * @param idempotencyKeys null: servers do not know keys
 * @param filters of applications
 * @param hashKey of applications; null: none
 * @param highPriority whether they have limits of their own, apart from those of other calls
 * @param connections that the servers of a Service accept; null: nothing is said
 */
public record CallRules(
    @Nullable Hedge hedge,
    @Nullable Fault fault,
    @Nullable RateLimit rateLimit,
    @Nullable Concurrency concurrency,
    List<Mirror> mirrors,
    List<ResponseClass> success,
    @Nullable IdempotencyKeys idempotencyKeys,
    List<CustomFilter> filters,
    @Nullable String hashKey,
    boolean highPriority,
    @Nullable Connections connections) {
  /** Nothing. */
  public static final CallRules NONE =
      new CallRules(
          null, null, null, null, List.of(), List.of(), null, List.of(), null, false, null);

  /** Copies the lists. */
  public CallRules {
    mirrors = List.copyOf(mirrors);
    success = List.copyOf(success);
    filters = List.copyOf(filters);
  }

  /** The same with another fault. */
  public CallRules with(Fault other) {
    return new CallRules(
        hedge,
        other,
        rateLimit,
        concurrency,
        mirrors,
        success,
        idempotencyKeys,
        filters,
        hashKey,
        highPriority,
        connections);
  }

  /**
   * A further attempt joins one that has not answered.
   *
   * @param maxAttempts in flight for one call
   * @param delay until the next joins; null: by percentile
   * @param percentile of latencies that is the delay; 0: none
   * @param budgetPercent hedges in percent of calls
   * @param onPerTryTimeout instead of all that: when an attempt exceeds its own time
   */
  public record Hedge(
      int maxAttempts,
      @Nullable Duration delay,
      int percentile,
      int budgetPercent,
      boolean onPerTryTimeout) {}

  /**
   * Injected delays and failures.
   *
   * @param delay null: none
   * @param delayPercent of requests
   * @param httpStatus 0: none
   * @param grpcStatus negative: none
   * @param abortPercent of requests
   * @param byHeader whether {@code x-envoy-fault-} headers ask for faults
   * @param maxActive at once; negative: any number
   */
  public record Fault(
      @Nullable Duration delay,
      double delayPercent,
      int httpStatus,
      int grpcStatus,
      double abortPercent,
      boolean byHeader,
      int maxActive) {}

  /**
   * How many requests pass.
   *
   * @param requests within {@code per}
   * @param burst saved up at most
   */
  public record Rate(int requests, Duration per, int burst) {}

  /**
   * A local rate limit.
   *
   * @param all of all requests; null: not limited
   * @param perCaller of each caller, by identity; null: not limited
   * @param descriptors of some requests
   * @param headers whether responses tell the limit
   */
  public record RateLimit(
      @Nullable Rate all,
      @Nullable Rate perCaller,
      List<RateDescriptor> descriptors,
      boolean headers) {
    /** Copies the list. */
    public RateLimit {
      descriptors = List.copyOf(descriptors);
    }
  }

  /**
   * A limit of the requests that all entries are about.
   *
   * @param entries where one leaves the value open, each value has the rate for itself
   */
  public record RateDescriptor(List<RateEntry> entries, Rate rate) {
    /** Copies the list. */
    public RateDescriptor {
      entries = List.copyOf(entries);
    }
  }

  /**
   * What requests are told apart by.
   *
   * @param by what of the request
   * @param name of the header or parameter; else empty
   * @param value that is meant; null: each has the rate for itself
   */
  public record RateEntry(By by, String name, @Nullable String value) {
    /** What of a request. */
    public enum By {
      /** A header field. */
      HEADER,
      /** A query parameter. */
      QUERY,
      /** The method. */
      METHOD,
      /** A path and what is below it. */
      PATH,
      /** The caller's identity. */
      CALLER
    }
  }

  /**
   * Limits of what is in flight.
   *
   * @param maxInFlight 0: none
   * @param adaptive follows latency
   * @param throttle refuses more the more fails
   */
  public record Concurrency(int maxInFlight, boolean adaptive, boolean throttle) {}

  /**
   * A copy of requests.
   *
   * @param backend where it goes
   * @param percent of requests
   */
  public record Mirror(BackendRef backend, int percent) {}

  /**
   * What statuses mean.
   *
   * @param from first HTTP status; 0: none
   * @param to last HTTP status
   * @param grpcStatuses gRPC statuses
   * @param failure whether they are failures
   */
  public record ResponseClass(int from, int to, List<Integer> grpcStatuses, boolean failure) {
    /** Copies the list. */
    public ResponseClass {
      grpcStatuses = List.copyOf(grpcStatuses);
    }
  }

  /**
   * Requests with the same key are executed once.
   *
   * @param ttl how long a response is kept; null: the default
   * @param maxEntries 0: the default
   * @param maxResponseBytes 0: the default
   */
  public record IdempotencyKeys(@Nullable Duration ttl, int maxEntries, int maxResponseBytes) {}

  /**
   * A filter that applications bring.
   *
   * @param type as applications registered it
   * @param settings JSON
   * @param optional whether processes that do not have it go on without it
   */
  public record CustomFilter(String type, String settings, boolean optional) {}

  /**
   * Limits of each connection of a server. Null: as the server has it; zero: none.
   *
   * @param idleTimeout without requests
   * @param maxDuration after which it takes no new requests
   * @param maxConcurrentStreams requests at a time, over HTTP/2; 0: as the server has it
   * @param headersTimeout for the head of a request to arrive
   * @param requestTimeout for a whole request to arrive, unless it is answered before
   * @param streamIdleTimeout of a request of which nothing moves
   */
  public record Connections(
      @Nullable Duration idleTimeout,
      @Nullable Duration maxDuration,
      int maxConcurrentStreams,
      @Nullable Duration headersTimeout,
      @Nullable Duration requestTimeout,
      @Nullable Duration streamIdleTimeout) {}
}
