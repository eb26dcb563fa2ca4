package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.model.AdaptiveConcurrency;
import io.inmesh.resilience.GradientLimit;
import java.util.List;

/**
 * Envoy's {@code envoy.filters.http.adaptive_concurrency}: refuses requests beyond a limit that
 * follows their latency. Thread-safe, lock-free.
 */
final class ConcurrencyFilter implements MeshFilter {
  /** Makes them. */
  static final class Factory extends TypedFactory<AdaptiveConcurrency> {
    private final Clock clock;
    private final Randomness random;

    Factory(Clock clock, Randomness random) {
      super(
          "envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency",
          AdaptiveConcurrency.class);
      this.clock = clock;
      this.random = random;
    }

    @Override
    MeshFilter create(AdaptiveConcurrency settings) {
      return new ConcurrencyFilter(settings, clock, random);
    }
  }

  /** When a request was let in. */
  private record Admitted(long at) {}

  private final AdaptiveConcurrency settings;
  private final Clock clock;
  private final Randomness random;
  private final GradientLimit limit;
  private final Step refused;

  ConcurrencyFilter(AdaptiveConcurrency settings, Clock clock, Randomness random) {
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.limit = new GradientLimit(settings, clock.nanoTime(), random);
    this.refused =
        new Step.Answer(
            new LocalReply(
                settings.status(),
                GrpcStatus.UNAVAILABLE,
                List.of(),
                "reached concurrency limit",
                Reason.OVERFLOW));
  }

  @Override
  public Step onRequest(FilterCall call) {
    if (!Shares.drawn(settings.enabled(), random)) {
      return Step.NEXT;
    }
    if (!limit.tryEnter()) {
      return refused;
    }
    call.state(new Admitted(clock.nanoTime()));
    return Step.NEXT;
  }

  @Override
  public void onEnd(FilterCall call, Ending ending) {
    if (call.state() instanceof Admitted admitted) {
      long now = clock.nanoTime();
      // What was cancelled says nothing about how long it would have taken.
      limit.leave(ending.reason() == Reason.CANCELLED ? -1 : now - admitted.at(), now);
    }
  }
}
