package io.inmesh.grpc;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.inmesh.identity.TlsGeneration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One subchannel of a {@link Connection} and what it is secured with. */
final class Link {
  final Subchannel subchannel;
  private final @Nullable TlsGeneration generation;

  /** Where streams are opened; the same object each time, so picks allocate nothing. */
  final PickResult result;

  Link(Subchannel subchannel, @Nullable TlsGeneration generation) {
    this.subchannel = subchannel;
    this.generation = generation;
    this.result = PickResult.withSubchannel(subchannel, AttemptTracer.FACTORY);
  }

  /** Whether it is secured with these keys and this trust. */
  boolean isOf(@Nullable TlsGeneration other) {
    return Objects.equals(generation, other);
  }
}
