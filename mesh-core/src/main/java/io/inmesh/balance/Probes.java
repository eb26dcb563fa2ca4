package io.inmesh.balance;

import java.util.ArrayDeque;

/**
 * Who probes for a process, and how many probes are under way at most: the others wait in turn, so
 * that thousands of endpoints that do not answer cost a bounded number of connections. Confined to
 * the control loop.
 */
public final class Probes {
  /** At a time. */
  static final int MAX = 100;

  private final Prober prober;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private int free = MAX;
  private boolean beginning;

  /** Made by this prober. */
  public Probes(Prober prober) {
    this.prober = prober;
  }

  Prober.Session open(ProbeTarget target) {
    return prober.open(target);
  }

  /** Runs a task as soon as a probe may begin; to be balanced by {@link #over}. */
  void begin(Runnable probe) {
    if (free == 0) {
      waiting.add(probe);
    } else {
      free--;
      probe.run();
    }
  }

  /** A probe is over. One that has become pointless while it waited ends while it begins. */
  void over() {
    free++;
    if (beginning) {
      return;
    }
    beginning = true;
    try {
      while (free > 0 && !waiting.isEmpty()) {
        free--;
        waiting.remove().run();
      }
    } finally {
      beginning = false;
    }
  }
}
