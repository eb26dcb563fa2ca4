package io.inmesh.model;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a line of an access log, or one member of it, is made up: Envoy's format strings, of which
 * some operators are known. What is unknown, has no value or is secret is written as {@code -}.
 *
 * @param parts in order
 */
public record LogFormat(List<Part> parts) {
  /** A line where nothing else is configured: without the query, in which secrets may be. */
  public static final String DEFAULT =
      "[%START_TIME%] \"%REQ(:METHOD)% %PATH(NQ)% %PROTOCOL%\" %RESPONSE_CODE%"
          + " %GRPC_STATUS_NUMBER% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED%"
          + " %DURATION% \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" %TRACE_ID%"
          + " \"%REQ(:AUTHORITY)%\" %UPSTREAM_CLUSTER% \"%UPSTREAM_HOST%\""
          + " %UPSTREAM_REQUEST_ATTEMPT_COUNT% %DOWNSTREAM_REMOTE_ADDRESS%"
          + " %DOWNSTREAM_PEER_URI_SAN%";

  /** Values are cut off after so many characters, unless the format says after fewer. */
  public static final int LONGEST_VALUE = 1024;

  private static final Set<String> SECRET =
      Set.of("authorization", "proxy-authorization", "cookie", "x-forwarded-client-cert");
  private static final Pattern REQUEST_FIELD =
      Pattern.compile("REQ\\(([^()?]+)(?:\\?([^()?]+))?\\)(?::([0-9]{1,4}))?");
  private static final Pattern PATH =
      Pattern.compile("PATH(?:\\((WQ|NQ|)(?::(ORIG|PATH|ORIG_OR_PATH))?\\))(?::([0-9]{1,4}))?");

  /** What stands at one place. */
  public sealed interface Part {
    /** Always the same. */
    record Text(String text) implements Part {}

    /** What the mesh knows of the call. */
    record Value(Operator operator) implements Part {}

    /**
     * A field of the request, or a pseudo-header.
     *
     * @param other taken where the first has no value; empty: none
     * @param longest in characters
     */
    record Field(String name, String other, int longest) implements Part {}

    /**
     * The path.
     *
     * @param query whether with the query
     * @param longest in characters
     */
    record Path(boolean query, PathSource source, int longest) implements Part {}

    /** An operator that is not known, or whose value is never written. */
    record Unknown(String operator) implements Part {}
  }

  /** Which path, where this side rewrites it; Envoy's names. */
  public enum PathSource {
    /** That before; no value where it was not rewritten. */
    ORIG,
    /** That after. */
    PATH,
    /** That before, where there is one. */
    ORIG_OR_PATH
  }

  /** What the mesh knows of a call, as Envoy names it. */
  public enum Operator {
    /** When it began, in UTC. */
    START_TIME(false),
    /** HTTP or HTTP/2, which is gRPC's. */
    PROTOCOL(false),
    /** HTTP's status; 0: there was none. */
    RESPONSE_CODE(true),
    /** gRPC's status. */
    GRPC_STATUS_NUMBER(true),
    /** Why the mesh answered or failed. */
    RESPONSE_FLAGS(false),
    /** The reason in words. */
    RESPONSE_CODE_DETAILS(false),
    /** The size of the request's body, where the request says it. */
    BYTES_RECEIVED(true),
    /** In milliseconds, of the whole call. */
    DURATION(true),
    /** The endpoint that answered, or was tried last. */
    UPSTREAM_HOST(false),
    /** Where it was routed to. */
    UPSTREAM_CLUSTER(false),
    /** How often it was sent. */
    UPSTREAM_REQUEST_ATTEMPT_COUNT(true),
    /** Who sent it. */
    DOWNSTREAM_REMOTE_ADDRESS(false),
    /** The same without the port. */
    DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(false),
    /** At which of this process's addresses it arrived. */
    DOWNSTREAM_LOCAL_ADDRESS(false),
    /** The sender's identity, verified. */
    DOWNSTREAM_PEER_URI_SAN(false),
    /** The name asked for in the handshake. */
    REQUESTED_SERVER_NAME(false),
    /** The route. */
    ROUTE_NAME(false),
    /** Of the call's span. */
    TRACE_ID(false),
    /** Of the call's span. */
    SPAN_ID(false);

    private final boolean number;

    Operator(boolean number) {
      this.number = number;
    }

    /** Whether JSON has it as a number. */
    public boolean isNumber() {
      return number;
    }
  }

  /** Copies the list. */
  public LogFormat {
    parts = List.copyOf(parts);
  }

  /**
   * Reads a format string.
   *
   * @throws IllegalArgumentException if an operator is not closed
   */
  public static LogFormat of(String format) {
    return new LogFormat(CommandOperators.split(format, Part.Text::new, LogFormat::operator));
  }

  private static Part operator(String operator) {
    for (Operator known : Operator.values()) {
      if (operator.equals(known.name())) {
        return new Part.Value(known);
      }
    }
    Matcher field = REQUEST_FIELD.matcher(operator);
    if (field.matches()) {
      String name = field.group(1).toLowerCase(Locale.ROOT);
      String other = field.group(2) == null ? "" : field.group(2).toLowerCase(Locale.ROOT);
      return SECRET.contains(name) || SECRET.contains(other)
          ? new Part.Unknown(operator)
          : new Part.Field(name, other, longest(field.group(3)));
    }
    Matcher path = PATH.matcher(operator);
    return path.matches()
        ? new Part.Path(!"NQ".equals(path.group(1)), source(path.group(2)), longest(path.group(3)))
        : new Part.Unknown(operator);
  }

  private static PathSource source(@Nullable String name) {
    return name == null ? PathSource.ORIG_OR_PATH : PathSource.valueOf(name);
  }

  private static int longest(@Nullable String digits) {
    return digits == null ? LONGEST_VALUE : Math.min(LONGEST_VALUE, Integer.parseInt(digits));
  }

  /** The operators that are written as {@code -} for every call. */
  public List<String> unknown() {
    return parts.stream()
        .flatMap(
            part ->
                part instanceof Part.Unknown unknown
                    ? Stream.of(unknown.operator())
                    : Stream.empty())
        .toList();
  }
}
