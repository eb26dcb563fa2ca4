package io.inmesh.server.ads;

import io.inmesh.control.ControlLoop;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the bytes that all streams together have handed to their connections and that these have
 * not written yet. When thousands of clients come back at once, responses are put together faster
 * than they are read; without a bound all of them would lie in buffers at the same time.
 *
 * <p>A stream that finds nothing left stands in line and gets its turn when others have written
 * what they hold. Small responses neither count nor wait. Whoever writes nothing for a while is
 * stuck and not busy: what it holds does not count any longer, so that it holds up nobody.
 *
 * <p>Thread-safe; streams meet here only for a response that is large, and only for a moment.
 */
final class Allowance {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int SMALL_PART = 4096;

  private final long limit;
  private final ControlLoop loop;
  private final Set<Share> line = new LinkedHashSet<>();
  // Who holds something, the oldest first.
  private final Set<Share> holders = new LinkedHashSet<>();
  private long taken;
  private boolean watched;

  /**
   * An allowance.
   *
   * @param limit in bytes; what is smaller than a 4096th of it is small
   * @param loop for the time
   */
  Allowance(long limit, ControlLoop loop) {
    this.limit = limit;
    this.loop = loop;
  }

  /** From how many bytes on a response counts. */
  int large() {
    return (int) Math.max(1, Math.min(limit / SMALL_PART, Integer.MAX_VALUE));
  }

  /** The share of a stream; its turn, when it stood in line, is called on any thread. */
  Share share(Runnable turn) {
    return new Share(turn);
  }

  /** How many streams stand in line. */
  synchronized int waiting() {
    return line.size();
  }

  /** How many bytes count at present. */
  synchronized long taken() {
    return taken;
  }

  private void watch() {
    if (!watched && !line.isEmpty()) {
      watched = true;
      loop.schedule(PATIENCE_NANOS, this::loseThePatience);
    }
  }

  private void loseThePatience() {
    List<Share> turns;
    synchronized (this) {
      long now = loop.clock().nanoTime();
      Iterator<Share> oldest = holders.iterator();
      while (oldest.hasNext()) {
        Share share = oldest.next();
        if (now - share.sinceNanos < PATIENCE_NANOS) {
          break;
        }
        oldest.remove();
        taken -= share.held;
        share.held = 0;
      }
      turns = admit();
      watched = false;
      watch();
    }
    turns.forEach(share -> share.turn.run());
  }

  /** Lets in whom there is room for; their turns are called when the lock is free. */
  private List<Share> admit() {
    List<Share> turns = new ArrayList<>();
    Iterator<Share> first = line.iterator();
    while (taken < limit && first.hasNext()) {
      Share share = first.next();
      first.remove();
      share.hold(share.wanted);
      share.admitted = true;
      turns.add(share);
    }
    return turns;
  }

  /** What one stream holds, and its place in line. Called in the stream's turn. */
  final class Share {
    private final Runnable turn;
    private int wanted;
    private int held;
    private long sinceNanos;
    // Its turn has come, and it has not sent anything since.
    private boolean admitted;

    private Share(Runnable turn) {
      this.turn = turn;
    }

    /**
     * Asks to hand over a response to a connection that has written everything from before. If the
     * answer is no, the turn is called later, and to ask again then will be granted.
     */
    boolean take(int bytes) {
      if (bytes < large()) {
        return true;
      }
      boolean granted;
      List<Share> turns = new ArrayList<>();
      synchronized (Allowance.this) {
        release();
        if (!admitted) {
          turns.addAll(admit());
        }
        granted = admitted || (line.isEmpty() && taken < limit);
        if (granted) {
          admitted = false;
          hold(bytes);
          turns.addAll(admit()); // it may need less than it stood in line for
          turns.remove(this);
        } else {
          wanted = bytes;
          line.add(this);
          watch();
        }
      }
      turns.forEach(share -> share.turn.run());
      return granted;
    }

    /** Everything is written, and there is nothing to send. */
    void giveBack() {
      List<Share> turns;
      synchronized (Allowance.this) {
        admitted = false;
        release();
        turns = admit();
      }
      turns.forEach(share -> share.turn.run());
    }

    /** The stream ends. */
    void close() {
      synchronized (Allowance.this) {
        line.remove(this);
      }
      giveBack();
    }

    private void hold(int bytes) {
      release();
      held = bytes;
      sinceNanos = loop.clock().nanoTime();
      taken += bytes;
      holders.add(this);
    }

    private void release() {
      if (holders.remove(this)) {
        taken -= held;
        held = 0;
      }
    }
  }
}
