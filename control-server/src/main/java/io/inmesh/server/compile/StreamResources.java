package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.route.v3.RouteAction.MaxStreamDuration;
import io.inmesh.server.config.StreamLimits;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How long streams of a route may take. */
final class StreamResources {
  private StreamResources() {}

  /**
   * What is said to a kind of clients; empty: nothing.
   *
   * @param timeout of the route, which stock gRPC knows only as a limit of the stream
   */
  static Optional<MaxStreamDuration> of(
      StreamLimits limits, @Nullable Duration timeout, CapabilityClass clients) {
    Duration whole = limits.maxStreamDuration();
    Duration callers = limits.grpcTimeoutHeaderMax();
    Duration offset = limits.grpcTimeoutHeaderOffset();
    if (timeout != null && clients == CapabilityClass.GRPC) {
      whole = sooner(timeout, whole);
      callers = callers == null ? null : sooner(timeout, callers);
    }
    if (whole == null && callers == null) {
      return Optional.empty();
    }
    MaxStreamDuration.Builder stream = MaxStreamDuration.newBuilder();
    if (whole != null) {
      stream.setMaxStreamDuration(Protos.duration(whole));
    }
    if (callers != null) {
      stream.setGrpcTimeoutHeaderMax(Protos.duration(callers));
    }
    if (offset != null) {
      stream.setGrpcTimeoutHeaderOffset(Protos.duration(offset));
    }
    return Optional.of(stream.build());
  }

  /** Zero and null stand for no limit. */
  private static Duration sooner(Duration limit, @Nullable Duration other) {
    return other == null || other.isZero() || other.compareTo(limit) > 0 ? limit : other;
  }
}
