package io.inmesh.http.server;

import java.util.concurrent.TimeUnit;

/**
 * Notices a peer that opens streams only to end them, which costs it next to nothing and the server
 * a request each (rapid reset, CVE-2023-44487). A client that gives up some of many calls, for
 * example because it hedges them, is none. Confined to a connection.
 */
final class ResetGuard {
  /** Resets in one {@link #WINDOW_NANOS} that are not yet suspicious. */
  static final int FREE = 200;

  static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  private long windowStart;
  private int opened;
  private int reset;

  ResetGuard(long now) {
    windowStart = now;
  }

  void opened(long now) {
    roll(now);
    opened++;
  }

  /** A stream was reset before it was answered; whether that is now enough. */
  boolean reset(long now) {
    roll(now);
    reset++;
    return reset > FREE && reset > opened / 2;
  }

  private void roll(long now) {
    if (now - windowStart > WINDOW_NANOS) {
      windowStart = now;
      opened = 0;
      reset = 0;
    }
  }
}
