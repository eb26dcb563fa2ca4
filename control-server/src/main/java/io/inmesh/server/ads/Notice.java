package io.inmesh.server.ads;

import java.util.ArrayList;
import java.util.List;

/**
 * What one subscriber has to look at: the snapshot and the names of its interest that changed. A
 * notice not yet taken is merged with the next, so that a subscriber that lags behind holds one
 * notice of bounded size.
 *
 * @param everything the names are not listed because there are too many
 * @param changedAtNanos when the oldest change happened
 */
record Notice(
    StoreSnapshot snapshot,
    List<ResourceName> names,
    boolean everything,
    long changedAtNanos,
    PushRound round) {
  private static final int MAX_NAMES = 4_096;

  /** Both in one; this is the older one. */
  Notice merge(Notice newer) {
    boolean all = everything || newer.everything || names.size() + newer.names.size() > MAX_NAMES;
    List<ResourceName> union = List.of();
    if (!all) {
      union = new ArrayList<>(names);
      union.addAll(newer.names);
    }
    long oldest = newer.changedAtNanos - changedAtNanos < 0 ? newer.changedAtNanos : changedAtNanos;
    return new Notice(newer.snapshot, union, all, oldest, newer.round);
  }
}
