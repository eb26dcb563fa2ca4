package io.inmesh.call;

import io.inmesh.control.Cancellable;
import io.inmesh.model.Cluster;
import java.util.Map;
import java.util.function.Consumer;

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

  /**
   * Tells a transport that keeps connections which clusters the calls to an authority can reach:
   * soon after this call if anything is known, and again whenever they or their endpoints change. A
   * name that does not exist gives an empty map. Asks the control server for the name if nobody has
   * yet.
   *
   * @param authority host and optional port, as in {@link RequestHead#authority}
   * @param kind what the calls are
   * @param clusters by name; called on the control loop, must not block
   * @return ends the watch
   */
  default Cancellable watch(
      String authority, RequestHead.Kind kind, Consumer<Map<String, Cluster>> clusters) {
    return Cancellable.NONE;
  }
}
