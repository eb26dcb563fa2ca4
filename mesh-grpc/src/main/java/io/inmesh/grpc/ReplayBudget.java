package io.inmesh.grpc;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of requests a channel keeps for attempts that may follow. Sizes are those of the
 * serialized messages, before compression. Thread-safe.
 */
final class ReplayBudget {
  /** The largest request of a call that is kept: 1 MiB, as gRPC's own retries have it. */
  static final long PER_CALL = 1L << 20;

  /** All calls of a channel together: 16 MiB, as gRPC's own retries have it. */
  static final long PER_CHANNEL = 16L << 20;

  private final AtomicLong kept = new AtomicLong();

  /** Takes more bytes for a call, unless that would exceed a limit. */
  boolean take(long held, long more) {
    if (held + more > PER_CALL) {
      return false;
    }
    if (kept.addAndGet(more) > PER_CHANNEL) {
      kept.addAndGet(-more);
      return false;
    }
    return true;
  }

  void release(long bytes) {
    kept.addAndGet(-bytes);
  }

  /** What is kept now. */
  long kept() {
    return kept.get();
  }
}
