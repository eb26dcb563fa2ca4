package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.Headers;
import io.inmesh.call.LocalReply;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Randomness;
import io.inmesh.control.Timers;
import io.inmesh.model.FaultInjection;
import io.inmesh.model.Fraction;
import io.inmesh.route.FieldTest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Delays and aborts requests, as Envoy's {@code envoy.filters.http.fault} does: both by chances of
 * their own; an aborted request that is also delayed fails after the delay. Faults asked for by
 * headers are honoured because what reaches a filter is trusted: untrusted peers' {@code
 * x-envoy-fault-} fields are stripped before.
 */
final class FaultFilter implements MeshFilter {
  /** Makes them. */
  static final class Factory extends TypedFactory<FaultInjection> {
    private final Randomness random;
    private final Timers timers;

    Factory(Randomness random, Timers timers) {
      super("envoy.extensions.filters.http.fault.v3.HTTPFault", FaultInjection.class);
      this.random = random;
      this.timers = timers;
    }

    @Override
    MeshFilter create(FaultInjection settings) {
      return new FaultFilter(settings, random, timers);
    }
  }

  private static final String DELAY = "x-envoy-fault-delay-request";
  private static final String DELAY_SHARE = "x-envoy-fault-delay-request-percentage";
  private static final String ABORT = "x-envoy-fault-abort-request";
  private static final String ABORT_GRPC = "x-envoy-fault-abort-grpc-request";
  private static final String ABORT_SHARE = "x-envoy-fault-abort-request-percentage";
  private static final long MILLI = 1_000_000L;
  private static final int MAX_DELAY_MILLIS = 3_600_000;

  /** A delay that is going on; cancelled with its call. */
  private record Waiting(Cancellable timer) {}

  private static final Object COUNTED = new Object();

  private final FaultInjection settings;
  private final FieldTest[] headers;
  private final Randomness random;
  private final Timers timers;
  private final AtomicInteger active = new AtomicInteger();

  FaultFilter(FaultInjection settings, Randomness random, Timers timers) {
    this.settings = settings;
    this.headers = FieldTest.all(settings.headers());
    this.random = random;
    this.timers = timers;
  }

  @Override
  public Step onRequest(FilterCall call) {
    if (!concerns(call)) {
      return Step.NEXT;
    }
    RequestHead request = call.request();
    long delay = delayNanos(request.headers());
    LocalReply abort = abort(request);
    if (delay == 0 && abort == null) {
      return Step.NEXT;
    }
    if (settings.maxActive() >= 0 && active.incrementAndGet() > settings.maxActive()) {
      active.decrementAndGet();
      return Step.NEXT;
    } else if (settings.maxActive() < 0) {
      active.incrementAndGet();
    }
    Step after = abort == null ? Step.NEXT : new Step.Answer(abort);
    if (delay == 0) {
      call.state(COUNTED);
      return after;
    }
    CompletableFuture<Step> later = new CompletableFuture<>();
    call.state(new Waiting(timers.schedule(delay, () -> later.complete(after))));
    return new Step.Later(later);
  }

  private boolean concerns(FilterCall call) {
    if (!settings.cluster().isEmpty() && !settings.cluster().equals(call.cluster())) {
      return false;
    }
    for (FieldTest test : headers) {
      if (!test.test(call.request())) {
        return false;
      }
    }
    return true;
  }

  private long delayNanos(Headers asked) {
    FaultInjection.Delay delay = settings.delay();
    if (delay == null) {
      return 0;
    }
    if (delay.fixed() != null) {
      return Shares.drawn(delay.share(), random) ? delay.fixed().toNanos() : 0;
    }
    int millis = number(asked.get(DELAY), MAX_DELAY_MILLIS);
    return millis > 0 && Shares.drawn(lowered(delay.share(), asked.get(DELAY_SHARE)), random)
        ? millis * MILLI
        : 0;
  }

  private @Nullable LocalReply abort(RequestHead request) {
    FaultInjection.Abort abort = settings.abort();
    if (abort == null) {
      return null;
    }
    int http = abort.httpStatus();
    int grpc = abort.grpcStatus();
    Fraction share = abort.share();
    if (abort.byHeader()) {
      http = Math.max(0, number(request.headers().get(ABORT), 599));
      grpc = http == 0 ? number(request.headers().get(ABORT_GRPC), 16) : -1;
      if (http < 200 && grpc < 0) {
        return null;
      }
      share = lowered(share, request.headers().get(ABORT_SHARE));
    }
    if (!Shares.drawn(share, random)) {
      return null;
    }
    return new LocalReply(
        http == 0 ? GrpcStatus.toHttp(grpc) : http,
        grpc < 0 ? GrpcStatus.ofHttp(http) : grpc,
        List.of(),
        "fault filter abort",
        Reason.FAULT_INJECTED);
  }

  /** What a header says is bounded by what is configured. */
  private static Fraction lowered(Fraction share, @Nullable String said) {
    int asked = said == null ? -1 : number(said, share.denominator());
    return asked < 0
        ? share
        : new Fraction(Math.min(asked, share.numerator()), share.denominator());
  }

  /** A decimal number up to a maximum; negative if it is none. */
  private static int number(@Nullable String text, int max) {
    if (text == null || text.isEmpty() || text.length() > 9) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return Math.min(value, max);
  }

  @Override
  public void onEnd(FilterCall call, Ending ending) {
    Object state = call.state();
    if (state == null) {
      return;
    }
    active.decrementAndGet();
    if (state instanceof Waiting waiting) {
      waiting.timer().cancel();
    }
  }
}
