package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.HealthCheckSpec.Probe;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The part of {@code RoutePolicy} about probes of endpoints; the defaults are Kuma's. */
final class HealthCheckSchema {
  private static final int MAX_PAYLOAD = 1024;

  static final ObjectSchema HEALTH_CHECK =
      object("HealthCheck")
          .optional(
              "http",
              object("HttpHealthCheck")
                  .required("path", text(Formats.ABSOLUTE_PATH), "GET")
                  .optional("host", text().length(1, 253), "the authority; the service if left out")
                  .optional("statuses", statuses(), "healthy ones; 200")
                  .optional(
                      "retriableStatuses",
                      statuses(),
                      "count towards the threshold; all others are unhealthy at once"),
              "instead of `grpc` and `tcp`")
          .optional(
              "grpc",
              object("GrpcHealthCheck").optional("service", text().length(0, 256), "all of it"),
              "grpc.health.v1.Health/Check; what does not serve is unhealthy at once")
          .optional(
              "tcp",
              object("TcpHealthCheck")
                  .optional("send", text().length(1, MAX_PAYLOAD), "once connected; nothing")
                  .optional(
                      "receive",
                      list(text().length(1, MAX_PAYLOAD), 1, 16),
                      "what the answer holds, in this order; without it a connection is enough"),
              "a connection")
          .optional("interval", duration(), "1m", "between probes of an endpoint")
          .optional("timeout", duration(), "15s", "of a probe")
          .optional(
              "unhealthyThreshold",
              number(1, 100),
              "5",
              "failures in a row; the first answer of an endpoint decides alone")
          .optional("healthyThreshold", number(1, 100), "1", "successes in a row")
          .optional("unhealthyInterval", duration(), "after a failure; `interval` if left out")
          .optional(
              "noTrafficInterval", duration(), "60s", "while a client has not called the service")
          .optional(
              "initialJitter", duration(), "0s", "first probes come at random before it is over")
          .optional("intervalJitterPercent", number(0, 100), "15", "added to an interval at random")
          .optional(
              "reuseConnection",
              BooleanSchema.BOOLEAN,
              "true",
              "a connection serves more than one probe")
          .optional(
              "alwaysLogHealthCheckFailures",
              BooleanSchema.BOOLEAN,
              "false",
              "clients log each failure, not only what changes")
          .rule((check, findings) -> judge(check));

  private HealthCheckSchema() {}

  private static ListSchema statuses() {
    return list(number(100, 599), 1, 64);
  }

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  private static void judge(View check) {
    if (List.of("http", "grpc", "tcp").stream().filter(check::has).count() != 1) {
      check.report(FindingCode.CONTRADICTION, "expected exactly one of http, grpc, tcp", "");
    }
    for (String time : List.of("interval", "timeout", "unhealthyInterval", "noTrafficInterval")) {
      var duration = check.durationOrNull(time);
      if (duration != null && duration.isZero()) {
        check.report(FindingCode.OUT_OF_RANGE, time, "must be more than 0s", "");
      }
    }
  }

  /** Null: nothing is said. */
  static @Nullable HealthCheckSpec read(@Nullable View check) {
    return check == null
        ? null
        : new HealthCheckSpec(
            probe(check),
            check.duration("interval"),
            check.duration("timeout"),
            check.number("unhealthyThreshold"),
            check.number("healthyThreshold"),
            check.durationOrNull("unhealthyInterval"),
            check.duration("noTrafficInterval"),
            check.duration("initialJitter"),
            check.number("intervalJitterPercent"),
            check.flag("reuseConnection"),
            check.flag("alwaysLogHealthCheckFailures"));
  }

  private static Probe probe(View check) {
    View http = check.objectOrNull("http");
    if (http != null) {
      return new Probe.Http(
          http.text("path"),
          http.textOrEmpty("host"),
          http.numbers("statuses"),
          http.numbers("retriableStatuses"));
    }
    View grpc = check.objectOrNull("grpc");
    if (grpc != null) {
      return new Probe.Grpc(grpc.textOrEmpty("service"));
    }
    View tcp = check.object("tcp");
    return new Probe.Tcp(tcp.textOrEmpty("send"), tcp.texts("receive"));
  }
}
