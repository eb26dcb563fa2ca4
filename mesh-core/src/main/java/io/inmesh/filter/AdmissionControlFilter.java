package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.control.SlidingCounts;
import io.inmesh.model.AdmissionControl;
import java.util.List;

/**
 * Envoy's {@code envoy.filters.http.admission_control}: refuses a request with the probability
 * {@code ((n - ok / threshold) / (n + 1)) ^ (1 / aggression)}, where n and ok are the requests and
 * successes of the window; requests that it refused itself do not count. Thread-safe, lock-free.
 */
final class AdmissionControlFilter implements MeshFilter {
  /** Makes them. */
  static final class Factory extends TypedFactory<AdmissionControl> {
    private final Clock clock;
    private final Randomness random;

    Factory(Clock clock, Randomness random) {
      super(
          "envoy.extensions.filters.http.admission_control.v3.AdmissionControl",
          AdmissionControl.class);
      this.clock = clock;
      this.random = random;
    }

    @Override
    MeshFilter create(AdmissionControl settings) {
      return new AdmissionControlFilter(settings, clock, random);
    }
  }

  private static final Step REFUSED =
      new Step.Answer(
          new LocalReply(
              503,
              GrpcStatus.UNAVAILABLE,
              List.of(),
              "denied by admission control",
              Reason.OVERFLOW));
  private static final Object ADMITTED = new Object();

  private final AdmissionControl settings;
  private final Clock clock;
  private final Randomness random;
  private final SlidingCounts counts;

  AdmissionControlFilter(AdmissionControl settings, Clock clock, Randomness random) {
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.counts = new SlidingCounts(settings.window().toNanos());
  }

  @Override
  public Step onRequest(FilterCall call) {
    if (!Shares.drawn(settings.enabled(), random)) {
      return Step.NEXT;
    }
    double refusal = refusal(clock.nanoTime());
    if (refusal > 0 && random.nextDouble() < refusal) {
      return REFUSED;
    }
    call.state(ADMITTED);
    return Step.NEXT;
  }

  /** The probability that a request is refused now. */
  double refusal(long now) {
    long requests = counts.countAll(now);
    double seconds = settings.window().toNanos() / 1e9;
    if (requests / seconds < settings.rpsThreshold()) {
      return 0;
    }
    double missing = requests - counts.countSome(now) / (settings.threshold() / 100);
    if (missing <= 0) {
      return 0;
    }
    double refusal = missing / (requests + 1);
    if (settings.aggression() != 1) {
      refusal = Math.pow(refusal, 1 / settings.aggression());
    }
    return Math.min(refusal, settings.maxRejection() / 100);
  }

  @Override
  public void onEnd(FilterCall call, Ending ending) {
    if (call.state() != ADMITTED || ending.reason() == Reason.CANCELLED) {
      return;
    }
    long now = clock.nanoTime();
    counts.all(now);
    if (success(ending)) {
      counts.some(now);
    }
  }

  private boolean success(Ending ending) {
    if (ending.reason() != null) {
      return false;
    }
    if (ending.grpcStatus() != ResponseHead.NO_GRPC_STATUS) {
      return settings.grpcSuccess().contains(ending.grpcStatus());
    }
    for (AdmissionControl.Range range : settings.httpSuccess()) {
      if (ending.status() >= range.from() && ending.status() < range.to()) {
        return true;
      }
    }
    return false;
  }
}
