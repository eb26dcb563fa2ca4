package io.inmesh.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Envoy's local rate limit: a process limits what passes a filter, without asking anybody.
 *
 * @param bucket for requests that no descriptor has a bucket for; null: those are not limited
 * @param descriptors buckets for requests that are described in a way
 * @param rules how requests are described: each rule gives one description, or none if one of its
 *     actions has nothing to say
 * @param enabled the share of requests that are looked at
 * @param enforced the share of those over the limit that are refused
 * @param status of a refusal, 429
 * @param resourceExhausted refuses gRPC with RESOURCE_EXHAUSTED instead of UNAVAILABLE
 * @param limitHeaders adds {@code x-ratelimit-limit}, {@code -remaining} and {@code -reset}
 * @param responseHeaders added to refusals
 * @param alwaysConsumeDefault takes from {@code bucket} also where a descriptor's applies
 * @param maxDynamic how many buckets a descriptor without value has at most, the least recently
 *     used giving way
 */
public record LocalRateLimit(
    @Nullable TokenBucket bucket,
    List<Descriptor> descriptors,
    List<List<Action>> rules,
    Fraction enabled,
    Fraction enforced,
    int status,
    boolean resourceExhausted,
    boolean limitHeaders,
    List<HeaderAdd> responseHeaders,
    boolean alwaysConsumeDefault,
    int maxDynamic) {
  /**
   * A bucket for requests with this very description.
   *
   * @param entries keys and values in order; an empty value stands for each value there is, with a
   *     bucket of its own
   */
  public record Descriptor(List<Map.Entry<String, String>> entries, TokenBucket bucket) {
    public Descriptor {
      entries = List.copyOf(entries);
    }
  }

  /** One part of a description. */
  public sealed interface Action {
    /** Its key. */
    String key();

    /** Always the same. */
    record Generic(String key, String value) implements Action {}

    /** The value of a request header. */
    record Header(String key, String header, boolean skipIfAbsent) implements Action {}

    /** The value of a query parameter. */
    record Query(String key, String parameter, boolean skipIfAbsent) implements Action {}

    /** A fixed value, if the headers match (or, not {@code expect}ed, do not). */
    record HeaderMatches(String key, String value, boolean expect, List<HeaderMatch> headers)
        implements Action {
      public HeaderMatches {
        headers = List.copyOf(headers);
      }
    }

    /** The peer's address, without port. */
    record RemoteAddress(String key) implements Action {}

    /** The peer's verified identity, or where it has none its address. */
    record PeerIdentity(String key) implements Action {}
  }

  public LocalRateLimit {
    descriptors = List.copyOf(descriptors);
    rules = rules.stream().map(List::copyOf).toList();
    responseHeaders = List.copyOf(responseHeaders);
  }
}
