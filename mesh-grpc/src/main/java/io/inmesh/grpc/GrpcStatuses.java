package io.inmesh.grpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.MeshException;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Between the mesh's reasons and gRPC's status codes.
 *
 * <table>
 * <caption>What an application sees</caption>
 * <tr><th>reason</th><th>code</th></tr>
 * <tr><td>TIMEOUT, DEADLINE_EXCEEDED</td><td>DEADLINE_EXCEEDED</td></tr>
 * <tr><td>RATE_LIMITED</td><td>RESOURCE_EXHAUSTED</td></tr>
 * <tr><td>DENIED, EGRESS_DENIED</td><td>PERMISSION_DENIED</td></tr>
 * <tr><td>CANCELLED</td><td>CANCELLED</td></tr>
 * <tr><td>PROTOCOL_ERROR</td><td>INTERNAL</td></tr>
 * <tr><td>NO_SUCH_SERVICE, NOT_READY, NO_ROUTE, NO_CLUSTER, NO_HEALTHY_ENDPOINT,
 * CONNECTION_FAILURE, CONNECTION_TERMINATED, REMOTE_RESET, OVERFLOW, DROPPED, IDLE_TIMEOUT,
 * RETRIES_EXHAUSTED, FAULT_INJECTED, TLS_FAILURE, CLOSED</td><td>UNAVAILABLE</td></tr>
 * </table>
 *
 * <p>The {@link MeshException} is the cause of the status. A response that the mesh makes itself
 * (fault, direct response, refusal by a filter) carries its own gRPC code.
 */
final class GrpcStatuses {
  private GrpcStatuses() {}

  /** The status a failed call ends with. */
  static Status of(MeshException failure) {
    return code(failure.reason())
        .toStatus()
        .withDescription(failure.getMessage())
        .withCause(failure);
  }

  /** The status a call that the mesh answered ends with. */
  static Status of(LocalReply reply) {
    Status status = Status.fromCodeValue(reply.grpcStatus());
    if (!reply.body().isEmpty()) {
      status = status.withDescription(reply.body());
    }
    MeshException.Reason reason = reply.reason();
    return reason == null ? status : status.withCause(new MeshException(reason, reply.body()));
  }

  /** The fields of an answer of the mesh, as trailers. */
  static Metadata trailers(LocalReply reply) {
    Metadata trailers = new Metadata();
    if (!reply.headers().isEmpty()) {
      MetadataHeaders headers = new MetadataHeaders(trailers);
      for (Map.Entry<String, String> field : reply.headers()) {
        headers.add(field.getKey(), field.getValue());
      }
    }
    return trailers;
  }

  static Status.Code code(MeshException.Reason reason) {
    return switch (reason) {
      case TIMEOUT, DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
      case RATE_LIMITED -> Status.Code.RESOURCE_EXHAUSTED;
      case DENIED, EGRESS_DENIED -> Status.Code.PERMISSION_DENIED;
      case CANCELLED -> Status.Code.CANCELLED;
      case PROTOCOL_ERROR -> Status.Code.INTERNAL;
      case NO_SUCH_SERVICE,
          NOT_READY,
          NO_ROUTE,
          NO_CLUSTER,
          NO_HEALTHY_ENDPOINT,
          CONNECTION_FAILURE,
          CONNECTION_TERMINATED,
          REMOTE_RESET,
          OVERFLOW,
          DROPPED,
          IDLE_TIMEOUT,
          RETRIES_EXHAUSTED,
          FAULT_INJECTED,
          TLS_FAILURE,
          CLOSED ->
          Status.Code.UNAVAILABLE;
    };
  }

  /**
   * How a stream that ended without an answer failed, from what grpc-netty says of it; null if the
   * peer has no part in it: a marshaller, credentials or a size limit of this process.
   *
   * <p>grpc-java hands calls no progress code, so the description is all there is. A description
   * this does not know is taken for "may have been processed", so a change in grpc-java can cost
   * retries, never repeat a call.
   *
   * @param status of the transport
   * @param sent whether the stream's headers were written
   */
  static @Nullable Failure classify(Status status, boolean sent) {
    String description = status.getDescription();
    if (description == null) {
      description = "";
    }
    if (description.startsWith("RST_STREAM closed stream")) {
      if (description.contains("REFUSED_STREAM")) {
        return Failure.REFUSED;
      }
      return description.contains("PROTOCOL_ERROR") ? Failure.PROTOCOL : Failure.RESET;
    }
    if (description.startsWith("Abrupt GOAWAY closed sent stream")) {
      // Only with NO_ERROR is it certain that the peer never looked at the stream (netty#10670).
      return description.contains("NO_ERROR") ? Failure.REFUSED : Failure.CONNECTION_LOST;
    }
    boolean unavailable = status.getCode() == Status.Code.UNAVAILABLE;
    if (!sent) {
      return unavailable ? Failure.RESET_BEFORE_REQUEST : null;
    }
    if (unavailable || description.startsWith("Connection closed after GOAWAY")) {
      return Failure.CONNECTION_LOST;
    }
    return description.contains("HTTP/2 error code") ? Failure.PROTOCOL : null;
  }

  /** Whether a connection failed in its TLS handshake. */
  static boolean isOfTls(Status status) {
    for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException) {
        return true;
      }
    }
    return false;
  }

  /** Whether a peer that does not speak gRPC answered; the status is made from its HTTP status. */
  static boolean madeFromHttp(Status status) {
    String description = status.getDescription();
    return description != null && description.startsWith("HTTP status code");
  }
}
