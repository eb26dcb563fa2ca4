package io.inmesh.balance;

import org.jspecify.annotations.Nullable;

/**
 * Which store of idempotency keys a server has, and how far the store's own clock had gone at some
 * moment at least. A store lives as long as its process, so it also tells a process from the one
 * that had its address before. Immutable.
 *
 * @param store names the store
 * @param millis since the store was made
 * @param seenNanos when this was true, on the clock of whoever holds it
 */
public record KeyClock(String store, long millis, long seenNanos) {
  private static final long MILLI = 1_000_000L;

  /** How much clocks of different machines may drift: a part in so many. */
  private static final long DRIFT = 1024;

  /** Reads {@link #toString}; null: it is not of that form. */
  public static @Nullable KeyClock parse(@Nullable String text, long nowNanos) {
    int space = text == null ? -1 : text.indexOf(' ');
    if (text == null || space < 0) {
      return null;
    }
    try {
      return new KeyClock(
          text.substring(0, space), Long.parseLong(text.substring(space + 1)), nowNanos);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /**
   * What it showed at another moment at least: later ones are counted on from what it showed, and
   * earlier ones, as a response takes time to arrive, can only have been later on it than they
   * seem.
   */
  public KeyClock at(long nanos) {
    long away = nanos - seenNanos;
    return new KeyClock(store, millis + Math.floorDiv(away - Math.abs(away) / DRIFT, MILLI), nanos);
  }

  /** As it is sent. */
  @Override
  public String toString() {
    return store + ' ' + millis;
  }
}
