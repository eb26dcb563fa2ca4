package io.inmesh.server.ads;

import java.time.Duration;

/**
 * Bounds of the engine.
 *
 * @param requestBytes the largest request, in bytes
 * @param namesPerRequest the most resource names in one request
 * @param nameLength the longest resource name and node id, in characters
 * @param resourcesPerStream the most names a stream subscribes to, all types together
 * @param typesPerStream the most type URLs a stream asks for
 * @param streams the most streams at a time
 * @param chunkBytes about how large a response may grow, where the protocol lets it be split
 * @param queuedBytes how many bytes of large responses all streams together may have handed to
 *     their connections and not written yet; who finds nothing left waits in line
 * @param staleAfter a client that owes an acknowledgement for longer is shown as stale; also how
 *     long a stream may take for its first request
 * @param slowAfter a client that makes no progress for longer while changes wait is disconnected
 */
public record AdsLimits(
    int requestBytes,
    int namesPerRequest,
    int nameLength,
    int resourcesPerStream,
    int typesPerStream,
    int streams,
    int chunkBytes,
    long queuedBytes,
    Duration staleAfter,
    Duration slowAfter) {
  /** For ten thousand clients and some thousand services. */
  public static final AdsLimits DEFAULT =
      new AdsLimits(
          4 << 20,
          20_000,
          2_048,
          60_000,
          32,
          20_000,
          512 << 10,
          32 << 20,
          Duration.ofSeconds(30),
          Duration.ofMinutes(5));
}
