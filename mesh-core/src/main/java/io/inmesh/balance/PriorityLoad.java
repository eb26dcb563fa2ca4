package io.inmesh.balance;

import java.util.Arrays;

/**
 * How traffic spreads over priorities, by Envoy's rules for priority levels, degraded endpoints and
 * panic: integer percentages throughout. Immutable.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority">Priority
 *     levels</a>
 */
final class PriorityLoad {
  /** How many endpoints one priority has. */
  record Census(int healthy, int degraded, int total) {}

  private final int[] healthy;
  private final int[] degraded;
  private final boolean[] panic;

  private PriorityLoad(int[] healthy, int[] degraded, boolean[] panic) {
    this.healthy = healthy;
    this.degraded = degraded;
    this.panic = panic;
  }

  /**
   * Computes the shares.
   *
   * @param levels by priority
   * @param overprovisioning percent, 140 by default
   * @param panicPercent 0: never panic
   */
  static PriorityLoad of(Census[] levels, int overprovisioning, double panicPercent) {
    int n = levels.length;
    int[] health = new int[n];
    int[] degradedHealth = new int[n];
    int sum = 0;
    for (int p = 0; p < n; p++) {
      health[p] = score(levels[p].healthy(), levels[p].total(), overprovisioning);
      degradedHealth[p] = score(levels[p].degraded(), levels[p].total(), overprovisioning);
      sum += health[p] + degradedHealth[p];
    }
    int available = Math.min(100, sum);
    PriorityLoad load = new PriorityLoad(new int[n], new int[n], new boolean[n]);
    if (n == 0) {
      return load;
    }
    if (available == 0) {
      // Nothing is available anywhere; whoever is asked says so (or panics, below).
      load.healthy[0] = 100;
    } else {
      load.share(health, degradedHealth, available);
    }
    if (available < 100) {
      load.panic(levels, panicPercent);
    }
    return load;
  }

  private static int score(int part, int total, int overprovisioning) {
    return total == 0 ? 0 : (int) Math.min(100, (long) overprovisioning * part / total);
  }

  private void share(int[] health, int[] degradedHealth, int available) {
    int left = 100;
    int firstHealthy = -1;
    int firstDegraded = -1;
    for (int p = 0; p < healthy.length; p++) {
      if (firstHealthy < 0 && health[p] > 0) {
        firstHealthy = p;
      }
      healthy[p] = Math.min(left, health[p] * 100 / available);
      left -= healthy[p];
    }
    for (int p = 0; p < degraded.length; p++) {
      if (firstDegraded < 0 && degradedHealth[p] > 0) {
        firstDegraded = p;
      }
      degraded[p] = Math.min(left, degradedHealth[p] * 100 / available);
      left -= degraded[p];
    }
    // What integer division lost goes to the first level that has anything.
    if (firstHealthy >= 0) {
      healthy[firstHealthy] += left;
    } else {
      degraded[firstDegraded] += left;
    }
  }

  private void panic(Census[] levels, double panicPercent) {
    boolean everywhere = true;
    int hosts = 0;
    for (int p = 0; p < levels.length; p++) {
      Census level = levels[p];
      double usable =
          level.total() == 0 ? 0 : 100.0 * (level.healthy() + level.degraded()) / level.total();
      panic[p] = usable < panicPercent;
      everywhere &= panic[p];
      hosts += level.total();
    }
    if (everywhere && hosts > 0) {
      // Health says nothing any more: share by the number of hosts.
      Arrays.fill(degraded, 0);
      int left = 100;
      int first = -1;
      for (int p = 0; p < levels.length; p++) {
        healthy[p] = (int) (100L * levels[p].total() / hosts);
        left -= healthy[p];
        if (first < 0 && levels[p].total() > 0) {
          first = p;
        }
      }
      healthy[first] += left;
    }
  }

  int levels() {
    return healthy.length;
  }

  /** Percent of traffic for healthy endpoints of a priority. */
  int healthy(int priority) {
    return healthy[priority];
  }

  /** Percent of traffic for degraded endpoints of a priority. */
  int degraded(int priority) {
    return degraded[priority];
  }

  /** Whether a priority uses all its endpoints, whatever their health. */
  boolean panic(int priority) {
    return panic[priority];
  }
}
