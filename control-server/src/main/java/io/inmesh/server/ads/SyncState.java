package io.inmesh.server.ads;

/** Whether a client has what it subscribed to. */
public enum SyncState {
  /** The last response was acknowledged. */
  SYNCED,
  /** The last response was sent a moment ago and is not acknowledged yet. */
  PENDING,
  /** The client has owed an acknowledgement for too long. */
  STALE,
  /** The client refused the last response and keeps what it had. */
  NACKED,
  /** Nothing was sent yet. */
  NOT_SENT
}
