package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.model.InFlightLimit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Refuses requests beyond a number in flight ({@code inmesh.filters.v1.InFlightLimit}). */
final class InFlightFilter implements MeshFilter {
  /** Makes them. */
  static final class Factory extends TypedFactory<InFlightLimit> {
    Factory() {
      super("inmesh.filters.v1.InFlightLimit", InFlightLimit.class);
    }

    @Override
    MeshFilter create(InFlightLimit settings) {
      return new InFlightFilter(settings.max());
    }
  }

  private static final Object ADMITTED = new Object();

  private final int max;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final Step refused;

  InFlightFilter(int max) {
    this.max = max;
    this.refused =
        new Step.Answer(
            new LocalReply(
                503,
                GrpcStatus.UNAVAILABLE,
                List.of(),
                "more than " + max + " requests are in flight",
                Reason.OVERFLOW));
  }

  @Override
  public Step onRequest(FilterCall call) {
    if (inFlight.incrementAndGet() > max) {
      inFlight.decrementAndGet();
      return refused;
    }
    call.state(ADMITTED);
    return Step.NEXT;
  }

  @Override
  public void onEnd(FilterCall call, Ending ending) {
    if (call.state() == ADMITTED) {
      inFlight.decrementAndGet();
    }
  }
}
