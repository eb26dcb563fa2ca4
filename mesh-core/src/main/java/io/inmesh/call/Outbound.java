package io.inmesh.call;

/** The entry of outbound calls. Thread-safe. */
public interface Outbound {
  /**
   * A new call. Reads the caller's OpenTelemetry context (deadline, trace, peer) on the calling
   * thread; never blocks.
   */
  OutboundCall begin(RequestHead head, CallOptions options, CallTransport transport);

  /**
   * Whether an authority belongs to the mesh: single-label, under the domain suffix, or declared.
   *
   * @param authority host and optional port
   */
  boolean isMeshName(String authority);
}
