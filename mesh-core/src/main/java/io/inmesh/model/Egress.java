package io.inmesh.model;

/** Names under which configuration says what becomes of calls to hosts that nothing declares. */
public final class Egress {
  /**
   * The client listener for the hosts that have none of their own. The name is ours: {@code *}
   * would subscribe to all listeners.
   */
  public static final String LISTENER = "inmesh/egress";

  /** The dynamic cluster they are called through where that is allowed; Istio's name. */
  public static final String PASSTHROUGH = "PassthroughCluster";

  /** The cluster calls end at where it is not; Istio's name. */
  public static final String BLACK_HOLE = "BlackHoleCluster";

  private Egress() {}
}
