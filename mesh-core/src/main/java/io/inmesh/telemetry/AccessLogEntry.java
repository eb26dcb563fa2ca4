package io.inmesh.telemetry;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.LogFormat.Operator;
import io.inmesh.model.LogFormat.PathSource;
import io.opentelemetry.api.trace.SpanContext;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A call that has ended, as access logs see it. Confined to the call.
 *
 * @param originalPath from before this side rewrote it; null: it did not
 * @param peer who sent it; null: this process
 * @param startMillis since the epoch
 * @param status HTTP's; 0: there was none
 * @param grpcStatus or {@link ResponseHead#NO_GRPC_STATUS}
 * @param reason why the mesh answered or failed; null: it did not
 * @param route empty: it has no name
 * @param cluster empty: none was chosen
 * @param upstream the endpoint that answered, or was tried last; null: none
 * @param attempts 0: it was not sent
 */
public record AccessLogEntry(
    RequestHead head,
    @Nullable String originalPath,
    @Nullable Peer peer,
    long startMillis,
    long durationMillis,
    int status,
    int grpcStatus,
    @Nullable Reason reason,
    String route,
    String cluster,
    @Nullable InetSocketAddress upstream,
    int attempts,
    SpanContext span) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** A value; null: there is none. */
  @Nullable String value(Operator operator) {
    return switch (operator) {
      case START_TIME -> TIME.format(Instant.ofEpochMilli(startMillis));
      case PROTOCOL -> head.kind() == RequestHead.Kind.GRPC ? "HTTP/2" : "HTTP";
      case RESPONSE_CODE -> Integer.toString(status);
      case GRPC_STATUS_NUMBER ->
          grpcStatus == ResponseHead.NO_GRPC_STATUS ? null : Integer.toString(grpcStatus);
      case RESPONSE_FLAGS -> reason == null ? null : reason.flag();
      case RESPONSE_CODE_DETAILS ->
          reason == null ? "via_upstream" : reason.name().toLowerCase(Locale.ROOT);
      case BYTES_RECEIVED -> bytes(head.headers().get("content-length"));
      case DURATION -> Long.toString(durationMillis);
      case UPSTREAM_HOST -> upstream == null ? null : address(upstream, true);
      case UPSTREAM_CLUSTER -> cluster;
      case UPSTREAM_REQUEST_ATTEMPT_COUNT -> Integer.toString(attempts);
      case DOWNSTREAM_REMOTE_ADDRESS -> peer == null ? null : address(peer.address(), true);
      case DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT ->
          peer == null ? null : address(peer.address(), false);
      case DOWNSTREAM_LOCAL_ADDRESS -> peer == null ? null : address(peer.local(), true);
      case DOWNSTREAM_PEER_URI_SAN -> identity();
      case REQUESTED_SERVER_NAME -> peer == null ? null : peer.serverName();
      case ROUTE_NAME -> route;
      case TRACE_ID -> span.isValid() ? span.getTraceId() : null;
      case SPAN_ID -> span.isValid() ? span.getSpanId() : null;
    };
  }

  /** A field of the request; null: it has none. */
  @Nullable String field(String name) {
    return switch (name) {
      case ":method" -> head.method();
      case ":authority" -> head.authority();
      case ":path" -> head.path();
      case ":scheme" -> head.scheme();
      // In the request it would be what its sender likes to see in the log.
      case "x-envoy-original-path" -> originalPath;
      default -> head.headers().get(name);
    };
  }

  /** The path; null: that one there is not. */
  @Nullable String path(PathSource source, boolean query) {
    String path =
        switch (source) {
          case ORIG -> originalPath;
          case PATH -> head.path();
          case ORIG_OR_PATH -> originalPath == null ? head.path() : originalPath;
        };
    int mark = query || path == null ? -1 : path.indexOf('?');
    return path == null || mark < 0 ? path : path.substring(0, mark);
  }

  private @Nullable String identity() {
    SpiffeId identity = peer == null ? null : peer.identity();
    return identity == null ? null : identity.toString();
  }

  /** What is written as a number must be one. */
  private static @Nullable String bytes(@Nullable String length) {
    if (length == null || length.isEmpty() || length.length() > 18) {
      return null;
    }
    return length.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Long.toString(Long.parseLong(length))
        : null;
  }

  private static @Nullable String address(@Nullable SocketAddress address, boolean port) {
    if (!(address instanceof InetSocketAddress inet)) {
      return null;
    }
    String host =
        inet.getAddress() == null ? inet.getHostString() : inet.getAddress().getHostAddress();
    return port ? host + ":" + inet.getPort() : host;
  }
}
