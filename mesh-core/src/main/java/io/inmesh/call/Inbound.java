package io.inmesh.call;

import io.inmesh.control.Cancellable;
import io.inmesh.identity.ServerTls;

/** The entry of inbound requests to one port. Thread-safe. */
public interface Inbound {
  /** Decides about one request on the current snapshot; never blocks. */
  Admission admit(RequestHead head, Peer peer);

  /** What this process reports of its load, to clients that ask out of band. */
  default LoadReport load() {
    return LoadReport.NONE;
  }

  /** How a connection that is accepted now is secured. */
  default ServerTls tls() {
    return ServerTls.DISABLED;
  }

  /**
   * Runs a task whenever {@link #tls} may give something else, on the control loop; it must not
   * block. Connections are then judged by {@link ServerTls#standing}.
   *
   * @return ends the watch
   */
  default Cancellable watchTls(Runnable changed) {
    return Cancellable.NONE;
  }
}
