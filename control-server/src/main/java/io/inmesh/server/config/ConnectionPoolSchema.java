package io.inmesh.server.config;

import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.TrafficPolicySpec.ConnectionPool;
import io.inmesh.server.config.TrafficPolicySpec.Http2Keepalive;
import io.inmesh.server.config.TrafficPolicySpec.TcpKeepalive;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Istio's {@code ConnectionPoolSettings}. */
final class ConnectionPoolSchema {
  private static final ObjectSchema TCP_KEEPALIVE =
      object("TcpKeepalive")
          .optional("probes", count(), "unanswered ones that break the connection")
          .optional("time", duration(), "without traffic before the first probe")
          .optional("interval", duration(), "between probes");

  private static final ObjectSchema TCP =
      object("TCPSettings")
          .optional("maxConnections", count(), "of one calling process; no limit if left out")
          .optional("connectTimeout", duration(), "10s if left out")
          .optional("maxConnectionDuration", duration(), "no new requests on a connection after it")
          .optional("idleTimeout", duration(), "of connections; `http.idleTimeout` goes before it")
          .optional("tcpKeepalive", TCP_KEEPALIVE, "of the operating system");

  private static final ObjectSchema HTTP =
      object("HTTPSettings")
          .optional("http1MaxPendingRequests", count(), "requests that wait for a connection")
          .optional("http2MaxRequests", count(), "requests in flight, whatever the protocol")
          .optional("maxRequestsPerConnection", count(), "a connection is closed after so many")
          .optional("maxRetries", count(), "retries in flight")
          .optional("idleTimeout", duration(), "of connections without requests; 1h if left out")
          .optional("maxConcurrentStreams", count(), "requests at a time on an HTTP/2 connection")
          .optional(
              "http2KeepAlive",
              object("HTTP2KeepAlive")
                  .optional("interval", duration(), "30s", "between pings")
                  .optional("timeout", duration(), "10s", "for the answer"),
              "pings on HTTP/2 connections")
          .optional(
              "h2UpgradePolicy",
              oneOf("DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"),
              "UPGRADE: HTTP/2 on ports that are declared as HTTP/1.1")
          .noEffect("useClientProtocol");

  static final ObjectSchema SCHEMA =
      object("ConnectionPoolSettings")
          .optional("tcp", TCP, "connections")
          .optional("http", HTTP, "requests on them")
          .rule(
              (pool, check) -> {
                View connect = pool.objectOrNull("tcp");
                if (connect != null
                    && connect.has("connectTimeout")
                    && connect.duration("connectTimeout").isZero()) {
                  connect.report(
                      FindingCode.OUT_OF_RANGE, "connectTimeout", "must be more than 0s", "");
                }
              });

  private ConnectionPoolSchema() {}

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  private static NumberSchema count() {
    return number(0, Integer.MAX_VALUE);
  }

  static ConnectionPool read(View pool) {
    View tcp = pool.object("tcp");
    View http = pool.object("http");
    View probes = tcp.objectOrNull("tcpKeepalive");
    View pings = http.objectOrNull("http2KeepAlive");
    Duration idle = http.durationOrNull("idleTimeout");
    return new ConnectionPool(
        orZero(tcp.numberOrNull("maxConnections")),
        tcp.durationOrNull("connectTimeout"),
        tcp.durationOrNull("maxConnectionDuration"),
        probes == null
            ? null
            : new TcpKeepalive(
                orZero(probes.numberOrNull("probes")),
                probes.durationOrNull("time"),
                probes.durationOrNull("interval")),
        orZero(http.numberOrNull("http1MaxPendingRequests")),
        orZero(http.numberOrNull("http2MaxRequests")),
        orZero(http.numberOrNull("maxRequestsPerConnection")),
        http.numberOrNull("maxRetries"),
        idle == null ? tcp.durationOrNull("idleTimeout") : idle,
        orZero(http.numberOrNull("maxConcurrentStreams")),
        pings == null
            ? null
            : new Http2Keepalive(pings.duration("interval"), pings.duration("timeout")),
        upgrade(http.textOrEmpty("h2UpgradePolicy")));
  }

  private static @Nullable Boolean upgrade(String policy) {
    return switch (policy) {
      case "UPGRADE" -> true;
      case "DO_NOT_UPGRADE" -> false;
      default -> null;
    };
  }

  private static int orZero(@Nullable Integer value) {
    return value == null ? 0 : value;
  }
}
