package io.inmesh.server.ads;

import org.jspecify.annotations.Nullable;

/**
 * The delivery state of one type on one stream, replaced as a whole so that any thread may read it.
 *
 * @param waiting the last response is not answered yet
 * @param lacking the client has not acknowledged some change, which happened at changedAtNanos
 */
record TypeProgress(
    int subscribed,
    boolean wildcard,
    String nonceSent,
    String nonceAcknowledged,
    String versionSent,
    String versionAcknowledged,
    @Nullable String lastError,
    boolean waiting,
    long sentAtNanos,
    long sentAtMillis,
    long settledAtMillis,
    boolean lacking,
    long changedAtNanos) {
  static final TypeProgress NONE =
      new TypeProgress(0, false, "", "", "", "", null, false, 0, 0, 0, false, 0);

  SyncState state(long nowNanos, long staleAfterNanos) {
    if (nonceSent.isEmpty()) {
      return SyncState.NOT_SENT;
    }
    if (waiting) {
      return nowNanos - sentAtNanos >= staleAfterNanos ? SyncState.STALE : SyncState.PENDING;
    }
    return lastError == null ? SyncState.SYNCED : SyncState.NACKED;
  }
}
