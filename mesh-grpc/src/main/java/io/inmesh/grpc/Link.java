package io.inmesh.grpc;

import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.inmesh.identity.TlsGeneration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One subchannel of a {@link Connection}, what it is secured with and how busy it is. */
final class Link {
  final Connection connection;
  final Subchannel subchannel;
  final StreamSlots slots;
  private final @Nullable TlsGeneration generation;
  private volatile boolean up;

  /** Where streams are opened; the same object each time, so picks allocate nothing. */
  final PickResult result;

  Link(
      Connection connection,
      Subchannel subchannel,
      StreamSlots slots,
      @Nullable TlsGeneration generation) {
    this.connection = connection;
    this.subchannel = subchannel;
    this.slots = slots;
    this.generation = generation;
    this.result = PickResult.withSubchannel(subchannel, AttemptTracer.FACTORY);
  }

  /** Whether it is secured with these keys and this trust. */
  boolean isOf(@Nullable TlsGeneration other) {
    return Objects.equals(generation, other);
  }

  /** The subchannel tells how it is. */
  void is(ConnectivityState state) {
    up = state == ConnectivityState.READY;
  }

  /** Whether streams can be opened on it as far as is known. */
  boolean ready() {
    return up;
  }

  /** A stream has ended. */
  void release() {
    if (slots.release()) {
      connection.over(this);
    }
    connection.passOn();
  }

  /** No new streams; those that have a place finish, also those that gRPC has not begun yet. */
  void shutdown() {
    if (slots.close()) {
      subchannel.shutdown();
    }
  }
}
