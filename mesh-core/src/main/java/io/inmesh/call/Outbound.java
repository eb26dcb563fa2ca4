package io.inmesh.call;

import io.inmesh.control.Cancellable;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster;
import io.inmesh.model.TlsPolicy;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
   * How connections under a policy ({@link Cluster#tls(io.inmesh.model.Endpoint)}) are secured that
   * are opened now; for transports that connect before an attempt picks.
   *
   * @return null: there is no identity yet, and the transport must wait or fail, never go out in
   *     plaintext
   */
  default @Nullable TlsGeneration tls(TlsPolicy policy) {
    return null;
  }

  /**
   * Where connections to an endpoint lead that are opened now. The address of an endpoint that is
   * one logical host of DNS is a name, and stays the same when the host's addresses change.
   *
   * @return unresolved if the mesh does not look the name up
   */
  default InetSocketAddress resolved(InetSocketAddress endpoint) {
    return endpoint;
  }

  /**
   * Runs a task whenever {@link #tls} may give something else, on the control loop; it must not
   * block. Open connections are then judged by {@link TlsGeneration#standing}.
   *
   * @return ends the watch
   */
  default Cancellable watchTls(Runnable changed) {
    return Cancellable.NONE;
  }

  /**
   * An endpoint of a cluster has reported its load out of band; from any thread.
   *
   * @param cluster its name; one that is not there any more is ignored, as an unknown address is
   */
  default void reported(String cluster, InetSocketAddress endpoint, LoadReport load) {}

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
