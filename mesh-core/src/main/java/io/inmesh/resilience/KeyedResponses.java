package io.inmesh.resilience;

import io.inmesh.call.StoredResponse;
import io.inmesh.model.IdempotencyKeys;
import java.util.Iterator;
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
 * <p>It knows up to when it is sure: a key that it does not have was not executed here since it
 * began, or since the newest entry it had to let go. So the repetition of a request that was first
 * sent before that moment is refused rather than executed a second time; by that a process that
 * died and came back does not repeat what it did before.
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
      over.complete(null);
      evict(claimedAt);
    }

    /** The request may have been executed, but there is no response to keep. */
    public void lost() {
      over.complete(null);
    }

    /** The request was not executed. */
    public void forget() {
      entries.remove(key, this);
      over.complete(null);
    }
  }

  private final ConcurrentMap<String, Entry> entries = new ConcurrentHashMap<>();
  private final Queue<Entry> oldestFirst = new ConcurrentLinkedQueue<>();
  private final AtomicLong total = new AtomicLong();

  /** Keys claimed before this moment may have been here without being known any more. */
  private final AtomicLong sureSince;

  private volatile IdempotencyKeys limits = IdempotencyKeys.DEFAULT;

  /** Nothing kept yet. */
  public KeyedResponses(long nowNanos) {
    sureSince = new AtomicLong(nowNanos);
  }

  /** Sets the bounds. */
  public void limit(IdempotencyKeys value) {
    limits = value;
  }

  /**
   * Asks for a key.
   *
   * @param firstSentNanos when the request was first sent here, on this clock; now for one that was
   *     not sent before
   */
  public Claim claim(String key, long firstSentNanos, long nowNanos) {
    evict(nowNanos);
    Entry known = entries.get(key);
    if (known == null) {
      if (firstSentNanos < nowNanos && firstSentNanos - sureSince.get() < 0) {
        return new Claim.Unknown();
      }
      Entry mine = new Entry(key, nowNanos);
      known = entries.putIfAbsent(key, mine);
      if (known == null) {
        oldestFirst.add(mine);
        return new Claim.First(mine);
      }
    }
    StoredResponse response = known.response;
    if (response != null) {
      return new Claim.Done(response);
    }
    return known.over.isDone() ? new Claim.Unknown() : new Claim.Running(known.over);
  }

  /**
   * Lets go of what is too old or too much; what is being executed stays, and holds up no other.
   */
  private void evict(long nowNanos) {
    IdempotencyKeys bounds = limits;
    Iterator<Entry> queue = oldestFirst.iterator();
    while (queue.hasNext()) {
      Entry oldest = queue.next();
      if (entries.size() <= bounds.maxEntries()
          && total.get() <= bounds.maxBytes()
          && nowNanos - oldest.claimedAt <= bounds.ttl().toNanos()) {
        return;
      }
      if (oldest.over.isDone()) {
        queue.remove();
        letGo(oldest);
      }
    }
  }

  private void letGo(Entry oldest) {
    if (entries.get(oldest.key) != oldest) {
      return; // it was not executed, or somebody else lets go of it
    }
    // Before it is gone: who does not find the key must find this.
    sureSince.accumulateAndGet(oldest.claimedAt + 1, Math::max);
    if (entries.remove(oldest.key, oldest)) {
      total.addAndGet(-oldest.bytes);
    }
  }

  /** How many keys are kept. */
  public int size() {
    return entries.size();
  }
}
