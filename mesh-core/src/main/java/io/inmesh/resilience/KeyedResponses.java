package io.inmesh.resilience;

import io.inmesh.balance.KeyClock;
import io.inmesh.call.StoredResponse;
import io.inmesh.model.IdempotencyKeys;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What was answered to requests with idempotency keys, within bounds of time, number and bytes; the
 * oldest give way. Thread-safe, lock-free.
 *
 * <p>It knows since when it is sure: a key that it does not have was not executed here since the
 * first request after it was put into force, or since the newest entry it had to let go. So the
 * repetition of a request that may have been sent before that moment is refused rather than
 * executed a second time. The moment is told on the clock of this very store, which who repeats
 * knows from earlier responses; so neither delays nor a process that died and came back at the same
 * address make it err.
 */
public final class KeyedResponses {
  /** What a request with a key finds. */
  public sealed interface Claim {
    /** Nobody was here before: the request is to be executed, and the outcome told. */
    record First(Entry entry) implements Claim {}

    /** One is being executed; claim again when the stage completes, which it does normally. */
    record Running(CompletionStage<?> over) implements Claim {}

    /** It was executed, and this was the response. */
    record Done(StoredResponse response) implements Claim {}

    /** It was executed, or may have been, and the response is not known. */
    record Unknown() implements Claim {}
  }

  /** The place of one key. */
  public final class Entry {
    private final String key;
    private final long claimedAt;
    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
    private volatile @Nullable StoredResponse response;
    private volatile long bytes;

    private Entry(String key, long claimedAt) {
      this.key = key;
      this.claimedAt = claimedAt;
    }

    /** The request was executed. */
    public void done(StoredResponse value, long size) {
      bytes = size;
      response = value;
      total.addAndGet(size);
      ended();
    }

    /** The request may have been executed, but there is no response to keep. */
    public void lost() {
      ended();
    }

    private void ended() {
      finished.add(this);
      over.complete(null);
      evict(claimedAt);
    }

    /** The request was not executed. */
    public void forget() {
      entries.remove(key, this);
      over.complete(null);
    }
  }

  private static final long MILLI = 1_000_000L;

  private final ConcurrentMap<String, Entry> entries = new ConcurrentHashMap<>();

  /** What is over, the oldest first; what is being executed cannot be let go. */
  private final Queue<Entry> finished = new ConcurrentLinkedQueue<>();

  private final AtomicLong total = new AtomicLong();

  private final String name;
  private final long madeAt;

  /** Keys claimed before this moment, in nanoseconds, may have been here without being known. */
  private final AtomicLong sureSince = new AtomicLong();

  private volatile IdempotencyKeys limits = IdempotencyKeys.DEFAULT;

  /**
   * Nothing kept yet.
   *
   * @param name of this store, which no other store has or had
   */
  public KeyedResponses(String name, long nowNanos) {
    this.name = name;
    this.madeAt = nowNanos;
  }

  /** Its clock, for who may have to repeat requests. */
  public KeyClock clock(long nowNanos) {
    return new KeyClock(name, (nowNanos - madeAt) / MILLI, nowNanos);
  }

  /** The bounds from now on. */
  public void limit(IdempotencyKeys value) {
    limits = value;
  }

  /**
   * Requests are asked about from now on that were not before: what came until now may have passed
   * without being seen here.
   */
  public void serves(long nowNanos) {
    sureSince.accumulateAndGet(nowNanos - madeAt, Math::max);
  }

  /** Asks for the key of a request that was not sent before. */
  public Claim claim(String key, long nowNanos) {
    return claim(key, false, null, nowNanos);
  }

  /**
   * Asks for the key of a request that may have been here before.
   *
   * @param firstSent what {@link #clock} showed at least when it was sent first; null: not known
   */
  public Claim repeat(String key, @Nullable KeyClock firstSent, long nowNanos) {
    return claim(key, true, firstSent, nowNanos);
  }

  private Claim claim(String key, boolean repeated, @Nullable KeyClock firstSent, long nowNanos) {
    long now = nowNanos - madeAt;
    evict(now);
    Entry known = entries.get(key);
    if (known == null) {
      if (repeated && !sure(firstSent)) {
        return new Claim.Unknown();
      }
      Entry mine = new Entry(key, now);
      known = entries.putIfAbsent(key, mine);
      if (known == null) {
        if (repeated && !sure(firstSent)) {
          mine.forget(); // it came and went in between
          return new Claim.Unknown();
        }
        return new Claim.First(mine);
      }
    }
    // In this order: the response is there before it is over.
    boolean over = known.over.isDone();
    StoredResponse response = known.response;
    if (response != null) {
      return new Claim.Done(response);
    }
    return over ? new Claim.Unknown() : new Claim.Running(known.over);
  }

  /** Whether what was first sent then, and is not known, was not executed here. */
  private boolean sure(@Nullable KeyClock firstSent) {
    return firstSent != null
        && firstSent.store().equals(name)
        && firstSent.millis() >= Math.floorDiv(sureSince.get() + MILLI - 1, MILLI);
  }

  /** Lets go of what is too old or too much. */
  private void evict(long now) {
    IdempotencyKeys bounds = limits;
    while (true) {
      Entry oldest = finished.peek();
      if (oldest == null
          || (entries.size() <= bounds.maxEntries()
              && total.get() <= bounds.maxBytes()
              && now - oldest.claimedAt <= bounds.ttl().toNanos())) {
        return;
      }
      if (finished.remove(oldest)) { // the first: nothing is searched
        letGo(oldest);
      }
    }
  }

  private void letGo(Entry oldest) {
    // Before it is gone: who does not find the key must find this.
    sureSince.accumulateAndGet(oldest.claimedAt + 1, Math::max);
    entries.remove(oldest.key, oldest);
    total.addAndGet(-oldest.bytes);
  }

  /** How many keys are kept. */
  public int size() {
    return entries.size();
  }
}
