package io.inmesh.server.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long streams of a route may take, by Envoy's names. Null means that nothing is said.
 *
 * @param maxStreamDuration from the beginning of the request to the end of the response; zero for
 *     no limit
 * @param grpcTimeoutHeaderMax bounds what a caller's {@code grpc-timeout} asks for, in place of
 *     {@code maxStreamDuration}; zero for any time
 * @param grpcTimeoutHeaderOffset what is subtracted from that
 */
public record StreamLimits(
    @Nullable Duration maxStreamDuration,
    @Nullable Duration grpcTimeoutHeaderMax,
    @Nullable Duration grpcTimeoutHeaderOffset) {
  /** Nothing is said. */
  public static final StreamLimits NONE = new StreamLimits(null, null, null);
}
