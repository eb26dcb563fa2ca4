package io.inmesh.server.config;

import static io.inmesh.server.config.MapSchema.map;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.model.LogFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code accessLog} of MeshDefaults: Istio's names where it has the same. */
final class AccessLogSchema {
  /** JSON's members where only the encoding is chosen: the names that Istio gives them. */
  private static final Map<String, String> JSON =
      Map.ofEntries(
          Map.entry("start_time", "%START_TIME%"),
          Map.entry("method", "%REQ(:METHOD)%"),
          Map.entry("path", "%PATH(NQ)%"),
          Map.entry("protocol", "%PROTOCOL%"),
          Map.entry("response_code", "%RESPONSE_CODE%"),
          Map.entry("grpc_status", "%GRPC_STATUS_NUMBER%"),
          Map.entry("response_flags", "%RESPONSE_FLAGS%"),
          Map.entry("response_code_details", "%RESPONSE_CODE_DETAILS%"),
          Map.entry("bytes_received", "%BYTES_RECEIVED%"),
          Map.entry("duration", "%DURATION%"),
          Map.entry("user_agent", "%REQ(USER-AGENT)%"),
          Map.entry("request_id", "%REQ(X-REQUEST-ID)%"),
          Map.entry("trace_id", "%TRACE_ID%"),
          Map.entry("authority", "%REQ(:AUTHORITY)%"),
          Map.entry("upstream_cluster", "%UPSTREAM_CLUSTER%"),
          Map.entry("upstream_host", "%UPSTREAM_HOST%"),
          Map.entry("upstream_request_attempt_count", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"),
          Map.entry("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
          Map.entry("downstream_peer_uri_san", "%DOWNSTREAM_PEER_URI_SAN%"));

  private static final Format FORMAT =
      new Format() {
        @Override
        public String name() {
          return "log format";
        }

        @Override
        public @Nullable String problem(String text) {
          try {
            List<String> unknown = LogFormat.of(text).unknown();
            return unknown.isEmpty()
                ? null
                : "%"
                    + unknown.get(0)
                    + "% is not known here, or is a secret that is never written";
          } catch (IllegalArgumentException e) {
            return e.getMessage();
          }
        }
      };

  private static final Format NAME =
      Format.of("name", "1 to 64 characters", text -> !text.isEmpty() && text.length() <= 64);

  static final ObjectSchema ACCESS_LOG =
      object("AccessLog")
          .optional(
              "mode",
              oneOf("CLIENT", "SERVER", "CLIENT_AND_SERVER"),
              "CLIENT_AND_SERVER",
              "who writes")
          .optional("encoding", oneOf("TEXT", "JSON"), "TEXT", "of a line")
          .optional(
              "format",
              text(FORMAT),
              "a line of TEXT, with Envoy's command operators; a usual one"
                  + " without query parameters if left out")
          .optional(
              "fields",
              map(NAME, text(FORMAT), 64),
              "the members of a JSON object, by name; usual ones if left out")
          .optional(
              "failed",
              BooleanSchema.BOOLEAN,
              "false",
              "only calls with a status of 400 and more, a gRPC status other than OK, or no answer")
          .optional(
              "slowerThan",
              text(Formats.DURATION_FORMAT),
              "only calls that took so long; with `failed`, those as well")
          .optional("percent", number(1, 100), "100", "of these calls, by chance")
          .rule(
              (log, check) -> {
                boolean json = log.text("encoding").equals("JSON");
                String other = json ? "format" : "fields";
                if (log.has(other)) {
                  log.report(
                      FindingCode.CONTRADICTION,
                      other,
                      "`" + other + "` is not for the encoding " + log.text("encoding"),
                      "");
                }
              });

  private AccessLogSchema() {}

  static @Nullable AccessLogSpec read(@Nullable View log) {
    if (log == null) {
      return null;
    }
    String mode = log.text("mode");
    String format = log.textOrNull("format");
    Map<String, String> fields = log.map("fields");
    return new AccessLogSpec(
        !mode.equals("SERVER"),
        !mode.equals("CLIENT"),
        format == null ? LogFormat.DEFAULT : format,
        log.text("encoding").equals("TEXT") ? Map.of() : fields.isEmpty() ? JSON : fields,
        log.flag("failed"),
        log.durationOrNull("slowerThan"),
        log.number("percent"));
  }
}
