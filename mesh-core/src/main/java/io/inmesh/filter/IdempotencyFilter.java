package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.balance.KeyClock;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Clock;
import io.inmesh.model.IdempotencyKeys;
import io.inmesh.resilience.KeyedResponses;
import io.inmesh.resilience.KeyedResponses.Claim;
import java.util.List;
import java.util.Map;
import java.util.UUID;
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
      this.store = new KeyedResponses(UUID.randomUUID().toString(), clock.nanoTime());
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

  private static final int MAX_KEY = 256;

  private final IdempotencyKeys settings;
  private final KeyedResponses store;
  private final Clock clock;

  /** Whether it had a request: it is in force since then at the latest, and no sooner for sure. */
  private volatile boolean begun;

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
    String firstSent = request.headers().get(MeshHeaders.FIRST_SENT);
    request.headers().remove(MeshHeaders.FIRST_SENT);
    return claim(call, scoped(key, call), firstSent);
  }

  private Step claim(FilterCall call, String key, @Nullable String firstSent) {
    long now = clock.nanoTime();
    if (!begun) {
      store.serves(now);
      begun = true;
    }
    Claim claim =
        firstSent == null
            ? store.claim(key, now)
            : store.repeat(key, KeyClock.parse(firstSent, now), now);
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
    return refusal(now);
  }

  @Override
  public void onResponse(FilterCall call, ResponseHead response) {
    if (call.state() instanceof Recording) {
      response.headers().set(MeshHeaders.KEY_CLOCK, store.clock(clock.nanoTime()).toString());
    }
  }

  @Override
  public void onEnd(FilterCall call, Ending ending) {
    if (call.state() instanceof Recording recording) {
      recording.close();
    }
  }

  /** To a repetition of what may have been executed. */
  private Step refusal(long now) {
    return new Step.Answer(
        new LocalReply(
            409,
            GrpcStatus.ABORTED,
            List.of(
                Map.entry(MeshHeaders.RETRY, MeshHeaders.SAY_FIRST_SENT),
                Map.entry(MeshHeaders.KEY_CLOCK, store.clock(now).toString())),
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
}
