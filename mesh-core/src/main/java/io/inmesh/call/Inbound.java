package io.inmesh.call;

import io.inmesh.control.Cancellable;
import io.inmesh.identity.ServerTls;
import io.inmesh.model.ServerConnectionPolicy;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** The entry of inbound requests to one port. Thread-safe. */
public interface Inbound {
  /** Why a connection was closed before its first request. */
  enum Refusal {
    /** Plaintext at a port that accepts mutual TLS only. */
    PLAINTEXT("plaintext, but the port accepts mutual TLS only"),
    /** TLS at a port that accepts plaintext only. */
    TLS("TLS, but the port accepts plaintext only"),
    /** TLS before this process has an identity. */
    NO_IDENTITY("TLS, but this process has no identity yet"),
    /** The handshake failed, or the peer is not to be believed. */
    HANDSHAKE("the handshake failed"),
    /** Too many others of its address have no certificate either, or none yet. */
    CROWD("too many connections without a certificate come from its address");

    private final String meaning;

    Refusal(String meaning) {
      this.meaning = meaning;
    }

    /** For people. */
    public String meaning() {
      return meaning;
    }
  }

  /** Decides about one request on the current snapshot; never blocks. */
  Admission admit(RequestHead head, Peer peer);

  /**
   * Decides whether a request that was admitted may also be handed on to another path, as servlet
   * containers do. Only policies about who may send it are asked, with its header as it arrived;
   * the call of {@link Admission.Allowed} is the request's own. Never blocks.
   *
   * @param admitted the request's call
   */
  default Admission dispatch(RequestHead head, Peer peer, InboundCall admitted) {
    return new Admission.Allowed(admitted);
  }

  /** What this process reports of its load, to clients that ask out of band. */
  default LoadReport load() {
    return LoadReport.NONE;
  }

  /** What bounds a connection that is accepted now. */
  default ServerConnectionPolicy connections() {
    return ServerConnectionPolicy.NONE;
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

  /**
   * A connection was closed before its first request. Counted, and logged once in a while.
   *
   * @param peer its address
   * @param cause of a failed handshake; null: there was none
   */
  default void refused(Refusal why, @Nullable SocketAddress peer, @Nullable Throwable cause) {}

  /**
   * A request was answered before it could be admitted: it is malformed, exceeds a limit of the
   * server or did not arrive in time. Counted as requests are, and logged once in a while.
   *
   * @param status of the answer, such as 400, 408, 413 or 431; 0: the stream was reset instead
   * @param nanos since it began to arrive
   */
  default void rejected(int status, Peer peer, long nanos) {}
}
