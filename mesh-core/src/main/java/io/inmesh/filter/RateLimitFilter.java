package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.Headers;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.LocalRateLimit;
import io.inmesh.resilience.RateBucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Envoy's {@code envoy.filters.http.local_ratelimit}: refuses what exceeds the buckets of a
 * request's descriptions, or the common bucket. One filter, so one set of buckets, per place where
 * it is configured. Thread-safe, lock-free.
 */
final class RateLimitFilter implements MeshFilter {
  /** Makes them. */
  static final class Factory extends TypedFactory<LocalRateLimit> {
    private final Clock clock;
    private final Randomness random;

    Factory(Clock clock, Randomness random) {
      super(
          "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", LocalRateLimit.class);
      this.clock = clock;
      this.random = random;
    }

    @Override
    MeshFilter create(LocalRateLimit settings) {
      return new RateLimitFilter(settings, clock, random);
    }
  }

  private static final String LIMIT = "x-ratelimit-limit";
  private static final String REMAINING = "x-ratelimit-remaining";
  private static final String RESET = "x-ratelimit-reset";

  private final LocalRateLimit settings;
  private final Clock clock;
  private final Randomness random;
  private final @Nullable RateBucket common;
  private final DescribedBuckets described;
  private final LocalReply refusal;

  RateLimitFilter(LocalRateLimit settings, Clock clock, Randomness random) {
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.common =
        settings.bucket() == null ? null : new RateBucket(settings.bucket(), clock.nanoTime());
    this.described = new DescribedBuckets(settings, clock);
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    for (HeaderAdd add : settings.responseHeaders()) {
      fields.add(Map.entry(add.name(), add.value()));
    }
    this.refusal =
        new LocalReply(
            settings.status(),
            settings.resourceExhausted() ? GrpcStatus.RESOURCE_EXHAUSTED : GrpcStatus.UNAVAILABLE,
            fields,
            "local_rate_limited",
            Reason.RATE_LIMITED);
  }

  @Override
  public Step onRequest(FilterCall call) {
    if (!Shares.drawn(settings.enabled(), random)) {
      return Step.NEXT;
    }
    long now = clock.nanoTime();
    List<RateBucket> buckets = described.of(call);
    RateBucket strictest = null;
    boolean allowed = true;
    for (int i = 0; i < buckets.size() && allowed; i++) {
      allowed = buckets.get(i).tryTake(now);
      strictest = stricter(strictest, buckets.get(i), now);
    }
    if (allowed && common != null && (buckets.isEmpty() || settings.alwaysConsumeDefault())) {
      allowed = common.tryTake(now);
      strictest = stricter(strictest, common, now);
    }
    if (settings.limitHeaders()) {
      call.state(strictest);
    }
    if (allowed || !Shares.drawn(settings.enforced(), random)) {
      return Step.NEXT;
    }
    return new Step.Answer(
        settings.limitHeaders() && strictest != null ? told(strictest, now) : refusal);
  }

  private static RateBucket stricter(@Nullable RateBucket one, RateBucket other, long now) {
    return one == null || other.remaining(now) < one.remaining(now) ? other : one;
  }

  /** A refusal is not shown to the filter that made it, so its fields are in it from the start. */
  private LocalReply told(RateBucket bucket, long now) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(refusal.headers());
    fields.add(Map.entry(LIMIT, Integer.toString(bucket.limit())));
    fields.add(Map.entry(REMAINING, Integer.toString(bucket.remaining(now))));
    fields.add(Map.entry(RESET, Long.toString(bucket.secondsToNext(now))));
    return new LocalReply(
        refusal.status(), refusal.grpcStatus(), fields, refusal.body(), refusal.reason());
  }

  @Override
  public void onResponse(FilterCall call, ResponseHead response) {
    if (call.state() instanceof RateBucket bucket) {
      long now = clock.nanoTime();
      Headers headers = response.headers();
      headers.set(LIMIT, Integer.toString(bucket.limit()));
      headers.set(REMAINING, Integer.toString(bucket.remaining(now)));
      headers.set(RESET, Long.toString(bucket.secondsToNext(now)));
    }
  }
}
