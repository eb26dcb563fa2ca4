package io.inmesh.http.server;

import io.inmesh.control.Randomness;
import io.inmesh.model.ServerConnectionPolicy;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What bounds one connection: what the mesh's configuration says as it is accepted, else what its
 * server is set to. Times in nanoseconds; {@link Long#MAX_VALUE}: no limit.
 *
 * @param maxStreams concurrent HTTP/2 requests
 * @param handshake until it is known what is spoken, TLS handshake included; always the server's
 *     own: what is said about requests is not about strangers
 * @param head for a whole request head
 * @param request for a whole request, unless its response begins before
 * @param stall how long the peer may neither send nor take anything of a request
 * @param idle after which a connection without requests is closed
 * @param age after which the connection takes no more requests
 */
record ConnectionLimits(
    int maxStreams, long handshake, long head, long request, long stall, long idle, long age) {
  static ConnectionLimits of(ServerSettings settings, ServerConnectionPolicy policy) {
    // A tenth of jitter, so that connections opened together are not renewed together.
    double share = 1 - Randomness.SYSTEM.nextDouble() / 10;
    long age = nanos(policy.maxDuration(), Duration.ZERO);
    return new ConnectionLimits(
        policy.maxStreams() > 0 ? policy.maxStreams() : settings.maxStreams(),
        nanos(null, settings.headTimeout()),
        nanos(policy.headersTimeout(), settings.headTimeout()),
        nanos(policy.requestTimeout(), Duration.ZERO),
        nanos(policy.streamIdleTimeout(), settings.stallTimeout()),
        nanos(policy.idleTimeout(), settings.idleTimeout()),
        age == Long.MAX_VALUE ? age : (long) (age * share));
  }

  private static long nanos(@Nullable Duration said, Duration otherwise) {
    Duration limit = said == null ? otherwise : said;
    return limit.isZero() ? Long.MAX_VALUE : TimeUnit.NANOSECONDS.convert(limit);
  }

  /** For the TLS handshake, as Netty takes it; 0: no limit. */
  long handshakeMillis() {
    return handshake == Long.MAX_VALUE ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(handshake));
  }
}
