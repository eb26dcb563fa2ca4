package io.inmesh.grpc;

import java.util.concurrent.atomic.AtomicInteger;

/** How many calls one connection carries, and how many it may. Thread-safe, without locks. */
final class StreamSlots {
  private static final int CLOSED = Integer.MIN_VALUE;

  private final int wanted;
  private final int reserved;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger left;
  private volatile int most;
  private volatile long quietSince = System.nanoTime();

  /**
   * Those of a connection that is not there yet.
   *
   * @param wanted at a time; 0: as many as the peer allows
   * @param calls altogether; 0: any number
   * @param reserved streams of the peer's allowance that are not for calls
   */
  StreamSlots(int wanted, int calls, int reserved) {
    this.wanted = wanted == 0 ? Integer.MAX_VALUE : wanted;
    this.left = new AtomicInteger(calls);
    this.reserved = reserved;
    this.most = this.wanted;
  }

  /** The peer says how many streams it allows; of those, one is always for calls. */
  void allow(long streams) {
    most = (int) Math.min(wanted, Math.max(1, streams - reserved));
  }

  /** Takes one for a call; false: there is none. */
  boolean take() {
    int now = active.get();
    while (now >= 0 && now < most) {
      int seen = active.compareAndExchange(now, now + 1);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  /** Whether the call that has just begun is the last one the connection should get. */
  boolean worn() {
    return left.get() > 0 && left.decrementAndGet() == 0;
  }

  /**
   * A call has ended; whether it was the last one of those that were there at the {@link #close}.
   */
  boolean release() {
    int now = active.decrementAndGet();
    if (now == 0) {
      quietSince = System.nanoTime();
    }
    return now == CLOSED;
  }

  /** Takes no more calls; whether there is none. */
  boolean close() {
    int before = active.getAndUpdate(now -> now < 0 ? now : now + CLOSED);
    return before == 0 || before == CLOSED;
  }

  /** How long there has been no call, if there is none; else 0. */
  long quietNanos() {
    return active.get() == 0 ? System.nanoTime() - quietSince : 0;
  }

  /** Takes no more calls if there is none; false: there is one. */
  boolean closeIfQuiet() {
    return active.compareAndSet(0, CLOSED);
  }
}
