package io.inmesh.call;

import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * One try of a call, driven by its transport: {@link #pick}, then {@link #sent}, {@link #head},
 * {@link #end}, or {@link #failed} at any time. Exactly one of {@code end} and {@code failed}
 * finishes an attempt that was not abandoned; later reports are ignored.
 */
public interface Attempt {
  /** What {@link #pick} found. */
  enum Pick {
    /** {@link #endpoint} says where to send; the endpoint's in-flight count includes this call. */
    PICKED,
    /** No endpoint is usable now; a transport that can wait picks again, others report CONNECT. */
    NONE,
    /**
     * The engine refused (limit, drop, no endpoint at all) and has already ended the attempt, and
     * the call where no other attempt is in flight.
     */
    REFUSED
  }

  /** From 1, over the whole call. */
  int number();

  /** The call it belongs to. */
  OutboundCall call();

  /** The chosen cluster: its protocol and connect timeout. */
  Cluster cluster();

  /**
   * Chooses an endpoint. Lock-free; may be called again after {@link Pick#NONE}. Among usable
   * endpoints, hosts tried before are avoided where the policy says so.
   */
  Pick pick(Usable usable);

  /**
   * The transport has no connection for the request at once and is going to let it wait: counted
   * against the cluster's limit of pending requests until {@link #sent}, or the attempt's end.
   * Transports that connect before they pick say so after {@link Pick#NONE}; it then counts until
   * an endpoint is {@link Pick#PICKED}.
   *
   * @return false: too many wait already; the engine has ended the attempt, as after {@link
   *     Pick#REFUSED}
   */
  default boolean waits() {
    return true;
  }

  /**
   * Asks for one more connection to the cluster, for transports that pool them: the permit is held
   * until the connection is closed.
   *
   * @return null: the cluster's limit of connections is reached, the request waits for one there
   *     is. A pool that has none to the endpoint opens its first one all the same, as Envoy does,
   *     without permit
   */
  default @Nullable ConnectionPermit connection() {
    return ConnectionPermit.UNLIMITED;
  }

  /**
   * An endpoint that a request to the cluster will probably go to soon, if the cluster asks for
   * connections to such (Envoy's predictive preconnect), for transports that pool them. It is
   * secured as the chosen one is. Only after {@link Pick#PICKED}.
   *
   * @param step from 1: the next one, the one after that
   * @return null: there are connections enough, or no further endpoints
   */
  default @Nullable Endpoint ahead(int step) {
    return null;
  }

  /** The chosen endpoint; only after {@link Pick#PICKED}. */
  Endpoint endpoint();

  /** How to secure the connection; null: plaintext. Only after {@link Pick#PICKED}. */
  @Nullable TlsGeneration tls();

  /**
   * Writes the fields that belong to this attempt (attempt count, deadline, trace context) into the
   * head that is about to be sent; earlier attempts' values are replaced.
   */
  void decorate(RequestHead head);

  /** The first byte of the request may have reached the peer. */
  void sent();

  /** The request, body included, was written. */
  void requestEnd();

  /** The response head arrived; the engine reads a load report from its fields, too. */
  void head(ResponseHead head);

  /** A part of the response's body arrived, or of the request's was taken; feeds idle timeouts. */
  void progress();

  /**
   * The response ended. A gRPC load report is read from the trailers.
   *
   * @param grpcStatus of the trailers, or {@link ResponseHead#NO_GRPC_STATUS} for HTTP
   * @param trailers null if there were none
   */
  void end(int grpcStatus, @Nullable Headers trailers);

  /** No (complete) response will come. */
  void failed(Failure failure, @Nullable Throwable cause);
}
