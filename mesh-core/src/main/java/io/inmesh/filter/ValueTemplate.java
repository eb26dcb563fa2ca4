package io.inmesh.filter;

import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.CommandOperators;
import io.opentelemetry.api.trace.Span;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A header value with Envoy's command operators, compiled: {@code %REQ(NAME?OTHER):LENGTH%}, {@code
 * %RESP(NAME)%}, {@code %DOWNSTREAM_PEER_URI_SAN%}, {@code %DOWNSTREAM_REMOTE_ADDRESS%}, {@code
 * %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%}, {@code %UPSTREAM_CLUSTER%}, {@code %ROUTE_NAME%},
 * {@code %RESPONSE_CODE%}, {@code %TRACE_ID%}; {@code %%} is a percent sign. Immutable.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators">Command
 *     operators</a>
 */
public final class ValueTemplate {
  /** A part of the value; null: nothing to write. */
  @FunctionalInterface
  private interface Part {
    @Nullable String text(FilterCall call, @Nullable ResponseHead response);
  }

  private final Part[] parts;
  private final @Nullable String constant;

  private ValueTemplate(List<Part> parts, @Nullable String constant) {
    this.parts = parts.toArray(new Part[0]);
    this.constant = constant;
  }

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException if an operator is unknown or not closed
   */
  public static ValueTemplate of(String format) {
    boolean dynamic = format.indexOf('%') >= 0;
    List<Part> parts =
        CommandOperators.split(
            format, text -> (call, response) -> text, operator -> operator(operator, format));
    return new ValueTemplate(dynamic ? parts : List.of(), dynamic ? null : format);
  }

  private static Part operator(String operator, String format) {
    int open = operator.indexOf('(');
    int close = operator.lastIndexOf(')');
    if (open > 0 && close > open) {
      String name = operator.substring(0, open);
      String argument = operator.substring(open + 1, close).toLowerCase(Locale.ROOT);
      int limit = limit(operator.substring(close + 1), format);
      if (name.equals("REQ") || name.equals("RESP")) {
        return field(argument, name.equals("RESP"), limit);
      }
    }
    return switch (operator) {
      case "DOWNSTREAM_PEER_URI_SAN" ->
          (call, response) -> {
            Peer peer = call.peer();
            SpiffeId identity = peer == null ? null : peer.identity();
            return identity == null ? null : identity.toString();
          };
      case "DOWNSTREAM_REMOTE_ADDRESS" -> (call, response) -> address(call.peer(), true);
      case "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" ->
          (call, response) -> address(call.peer(), false);
      case "UPSTREAM_CLUSTER" -> (call, response) -> call.cluster();
      case "ROUTE_NAME" -> (call, response) -> call.route() == null ? null : call.route().name();
      case "RESPONSE_CODE" ->
          (call, response) -> response == null ? null : Integer.toString(response.status());
      case "TRACE_ID" ->
          (call, response) -> {
            var span = Span.fromContext(call.context()).getSpanContext();
            return span.isValid() ? span.getTraceId() : null;
          };
      default ->
          throw new IllegalArgumentException(
              "'"
                  + format
                  + "': the operator %"
                  + operator
                  + "% is not supported; expected REQ(..), RESP(..), DOWNSTREAM_PEER_URI_SAN,"
                  + " DOWNSTREAM_REMOTE_ADDRESS, DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT,"
                  + " UPSTREAM_CLUSTER, ROUTE_NAME, RESPONSE_CODE or TRACE_ID");
    };
  }

  private static int limit(String rest, String format) {
    if (rest.isEmpty()) {
      return Integer.MAX_VALUE;
    }
    try {
      if (rest.charAt(0) == ':') {
        return Math.max(0, Integer.parseInt(rest.substring(1)));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "'" + format + "': expected a length after ':', found '" + rest + "'");
  }

  private static Part field(String argument, boolean ofResponse, int limit) {
    int mark = argument.indexOf('?');
    String first = mark < 0 ? argument : argument.substring(0, mark);
    String second = mark < 0 ? "" : argument.substring(mark + 1);
    return (call, response) -> {
      String value = value(first, ofResponse, call, response);
      if (value == null && !second.isEmpty()) {
        value = value(second, ofResponse, call, response);
      }
      return value == null || value.length() <= limit ? value : value.substring(0, limit);
    };
  }

  private static @Nullable String value(
      String name, boolean ofResponse, FilterCall call, @Nullable ResponseHead response) {
    if (ofResponse) {
      return response == null ? null : response.headers().get(name);
    }
    RequestHead request = call.request();
    return switch (name) {
      case ":method" -> request.method();
      case ":authority" -> request.authority();
      case ":path" -> request.path();
      case ":scheme" -> request.scheme();
      default -> request.headers().get(name);
    };
  }

  private static @Nullable String address(@Nullable Peer peer, boolean port) {
    if (peer == null || !(peer.address() instanceof InetSocketAddress address)) {
      return null;
    }
    String host =
        address.getAddress() == null
            ? address.getHostString()
            : address.getAddress().getHostAddress();
    return port ? host + ":" + address.getPort() : host;
  }

  /** The value for a call; empty: there is nothing to write. */
  public String text(FilterCall call, @Nullable ResponseHead response) {
    if (constant != null) {
      return constant;
    }
    StringBuilder text = new StringBuilder();
    for (Part part : parts) {
      String value = part.text(call, response);
      if (value != null) {
        text.append(value);
      }
    }
    return text.toString();
  }
}
