package io.inmesh.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one endpoint, by one subchannel after another. Written in the channel's
 * synchronization context, read anywhere.
 */
final class Connection {
  private final InetSocketAddress address;
  private volatile @Nullable PickResult result;
  private volatile ConnectivityStateInfo state =
      ConnectivityStateInfo.forNonError(ConnectivityState.IDLE);

  // Confined to the synchronization context.
  private @Nullable Subchannel subchannel;
  private @Nullable ScheduledHandle renewal;

  Connection(InetSocketAddress address) {
    this.address = address;
  }

  InetSocketAddress address() {
    return address;
  }

  /** Where streams are opened; the same object each time, so picks allocate nothing. */
  @Nullable PickResult result() {
    return result;
  }

  boolean ready() {
    return state.getState() == ConnectivityState.READY;
  }

  /** Whether the last attempt to connect failed and no later one has succeeded. */
  boolean failing() {
    return state.getState() == ConnectivityState.TRANSIENT_FAILURE;
  }

  /** Why it is failing; OK if it is not. */
  Status failure() {
    return state.getStatus();
  }

  // ---- in the synchronization context

  @SuppressWarnings("ReferenceEquality") // this very subchannel
  boolean uses(Subchannel candidate) {
    return subchannel == candidate;
  }

  /** From now on by this subchannel, which shall not have been started. */
  void use(Subchannel next) {
    Subchannel before = subchannel;
    subchannel = next;
    result = PickResult.withSubchannel(next, AttemptTracer.FACTORY);
    if (before != null) {
      before.shutdown();
    }
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
    if (ready()) {
      renewal(null);
    }
  }

  /** The timer that replaces the subchannel if it goes on failing. */
  void renewal(@Nullable ScheduledHandle next) {
    if (renewal != null) {
      renewal.cancel();
    }
    renewal = next;
  }

  /** No new streams; those in flight finish. */
  void close() {
    renewal(null);
    if (subchannel != null) {
      subchannel.shutdown();
    }
  }
}
