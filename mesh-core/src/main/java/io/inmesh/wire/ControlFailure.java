package io.inmesh.wire;

import io.grpc.Status;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Turns what gRPC says about a connection into one sentence an operator can act on. */
final class ControlFailure {
  private static final int CAUSES = 10;

  /** What Netty says of a peer whose first bytes are no frame of HTTP/2; a dump of them follows. */
  private static final String NOT_HTTP2 = "was not settings";

  private ControlFailure() {}

  /** One sentence: what is wrong at {@code target} and what is expected there. */
  static String describe(String target, Status status) {
    String text = text(status);
    String lower = text.toLowerCase(Locale.ROOT);
    if (has(status, UnknownHostException.class)
        || lower.contains("unable to resolve host")
        || lower.contains("unresolved address")) {
      return "the control server's host name in '" + target + "' does not resolve";
    }
    if (lower.contains(NOT_HTTP2)) {
      return "what answers at '"
          + target
          + "' speaks "
          + spoken(lower)
          + ", not gRPC: is it the xDS port of the control server?";
    }
    if (lower.contains("not an ssl/tls record")) {
      return "what answers at '" + target + "' does not speak TLS; is it the plaintext port?";
    }
    if (has(status, SSLException.class) || lower.contains("ssl")) {
      return "no TLS connection to '" + target + "': " + text;
    }
    if (has(status, ConnectException.class) || lower.contains("connection refused")) {
      return "nothing listens at '" + target + "' (connection refused)";
    }
    return switch (status.getCode()) {
      case UNIMPLEMENTED ->
          "what answers at '" + target + "' speaks gRPC but is no control server (" + text + ")";
      case UNAUTHENTICATED, PERMISSION_DENIED ->
          "the control server at '" + target + "' refuses this process: " + text;
      default -> "no connection to the control server at '" + target + "': " + text;
    };
  }

  /** What the bytes look like that came instead of an HTTP/2 frame. */
  private static String spoken(String complaint) {
    if (complaint.contains(": 485454502f")) {
      return "HTTP/1.1";
    }
    return complaint.contains(": 1503") || complaint.contains(": 1603") ? "TLS" : "something else";
  }

  private static String text(Status status) {
    StringBuilder text = new StringBuilder(status.getCode().name());
    if (status.getDescription() != null) {
      text.append(": ").append(status.getDescription());
    }
    Throwable cause = status.getCause();
    for (int i = 0; cause != null && i < CAUSES; i++) {
      if (cause.getMessage() != null && text.indexOf(cause.getMessage()) < 0) {
        text.append(": ").append(cause.getMessage());
      }
      cause = cause.getCause();
    }
    return text.length() > 400 ? text.substring(0, 400) + "…" : text.toString();
  }

  private static boolean has(Status status, Class<? extends Throwable> type) {
    @Nullable Throwable cause = status.getCause();
    for (int i = 0; cause != null && i < CAUSES; i++) {
      if (type.isInstance(cause)) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
