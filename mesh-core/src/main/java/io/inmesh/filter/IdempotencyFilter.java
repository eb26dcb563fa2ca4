package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Clock;
import io.inmesh.model.IdempotencyKeys;
import io.inmesh.resilience.KeyedResponses;
import io.inmesh.resilience.KeyedResponses.Claim;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Executes requests with the same {@code idempotency-key} once ({@code
 * inmesh.filters.v1.IdempotencyKeys}): a repetition waits for the first and gets its response. Keys
 * are told apart by who sent them, and by method and path.
 */
final class IdempotencyFilter implements MeshFilter {
  /** Makes them; all share one store, which so survives configurations. */
  static final class Factory extends TypedFactory<IdempotencyKeys> {
    private final Clock clock;
    private final KeyedResponses store;

    Factory(Clock clock) {
      super("inmesh.filters.v1.IdempotencyKeys", IdempotencyKeys.class);
      this.clock = clock;
      this.store = new KeyedResponses(clock.nanoTime());
    }

    @Override
    public boolean serves(Side side) {
      return side == Side.SERVER;
    }

    @Override
    MeshFilter create(IdempotencyKeys settings) {
      store.limit(settings);
      return new IdempotencyFilter(settings, store, clock);
    }
  }

  private static final long MILLI = 1_000_000L;
  private static final int MAX_KEY = 256;

  private final IdempotencyKeys settings;
  private final KeyedResponses store;
  private final Clock clock;

  IdempotencyFilter(IdempotencyKeys settings, KeyedResponses store, Clock clock) {
    this.settings = settings;
    this.store = store;
    this.clock = clock;
  }

  @Override
  public Step onRequest(FilterCall call) {
    RequestHead request = call.request();
    String key = request.headers().get(MeshHeaders.IDEMPOTENCY_KEY);
    if (key == null) {
      return Step.NEXT;
    }
    if (key.isEmpty() || key.length() > MAX_KEY) {
      return new Step.Answer(
          new LocalReply(
              400,
              3,
              List.of(),
              "an idempotency-key has 1 to " + MAX_KEY + " characters",
              Reason.DENIED));
    }
    long now = clock.nanoTime();
    String repeated = request.headers().get(MeshHeaders.REPEATED_AFTER_MS);
    request.headers().remove(MeshHeaders.REPEATED_AFTER_MS);
    return claim(call, scoped(key, call), now - ageNanos(repeated));
  }

  private Step claim(FilterCall call, String key, long firstSent) {
    Claim claim = store.claim(key, firstSent, clock.nanoTime());
    if (claim instanceof Claim.First first) {
      Recording recording = new Recording(first.entry(), settings.maxResponseBytes());
      call.record(recording);
      call.state(recording);
      return Step.NEXT;
    }
    if (claim instanceof Claim.Done done) {
      return new Step.Replay(done.response());
    }
    if (claim instanceof Claim.Running running) {
      return new Step.Later(running.over().thenApply(over -> claim(call, key, firstSent)));
    }
    return refusal();
  }

  @Override
  public void onEnd(FilterCall call, Ending ending) {
    if (call.state() instanceof Recording recording) {
      recording.close();
    }
  }

  /** To a repetition of what may have been executed. */
  private static Step refusal() {
    return new Step.Answer(
        new LocalReply(
            409,
            GrpcStatus.ABORTED,
            List.of(Map.entry(MeshHeaders.RETRY, "no")),
            "this request may have been executed before, and its response is not known",
            Reason.DENIED));
  }

  private static String scoped(String key, FilterCall call) {
    Peer peer = call.peer();
    String who = peer == null || peer.identity() == null ? "" : peer.identity().toString();
    String path = call.request().path();
    int query = path.indexOf('?');
    return who
        + '\n'
        + call.request().method()
        + ' '
        + (query < 0 ? path : path.substring(0, query))
        + '\n'
        + key;
  }

  /** How long ago a repeated request was first sent; 0: it is not repeated. */
  private static long ageNanos(@Nullable String millis) {
    if (millis == null) {
      return 0;
    }
    try {
      return Math.min(Math.max(1, Long.parseLong(millis)), 86_400_000L * 365) * MILLI;
    } catch (NumberFormatException e) {
      // Older than anything that is known: rather refused than executed twice.
      return 86_400_000L * 365 * MILLI;
    }
  }
}
