package io.inmesh.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Status;

/**
 * One endpoint's subchannel. The state is written in the channel's synchronization context and read
 * anywhere.
 */
final class Connection {
  private final Subchannel subchannel;
  private final PickResult result;
  private volatile ConnectivityStateInfo state =
      ConnectivityStateInfo.forNonError(ConnectivityState.IDLE);

  Connection(Subchannel subchannel) {
    this.subchannel = subchannel;
    this.result = PickResult.withSubchannel(subchannel, AttemptTracer.FACTORY);
  }

  Subchannel subchannel() {
    return subchannel;
  }

  /** The same object each time: picks allocate nothing. */
  PickResult result() {
    return result;
  }

  boolean ready() {
    return state.getState() == ConnectivityState.READY;
  }

  /** Whether the last attempt to connect failed and no later one has succeeded. */
  boolean failing() {
    return state.getState() == ConnectivityState.TRANSIENT_FAILURE;
  }

  ConnectivityState state() {
    return state.getState();
  }

  /** Why it is failing; OK if it is not. */
  Status failure() {
    return state.getStatus();
  }

  void state(ConnectivityStateInfo now) {
    // A failed connection counts as failed until it succeeds: between two attempts it is neither
    // usable nor worth waiting for.
    boolean retrying =
        failing()
            && (now.getState() == ConnectivityState.CONNECTING
                || now.getState() == ConnectivityState.IDLE);
    if (!retrying) {
      state = now;
    }
  }
}
