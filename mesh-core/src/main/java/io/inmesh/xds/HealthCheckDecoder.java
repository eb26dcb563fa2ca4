package io.inmesh.xds;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.type.v3.CodecClientType;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.inmesh.model.HealthCheck.Intervals;
import io.inmesh.model.HealthCheck.Probe;
import io.inmesh.model.StatusRange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The active health check of a cluster, with Envoy's defaults for what is unset. */
final class HealthCheckDecoder {
  private HealthCheckDecoder() {}

  /** Null: there is none. */
  static io.inmesh.model.@Nullable HealthCheck decode(
      List<HealthCheck> protos, Decoding decoding, FieldPath root) throws Rejection {
    if (protos.isEmpty()) {
      return null;
    }
    if (protos.size() > 1) {
      throw new Rejection(root.field("health_checks"), "more than one");
    }
    HealthCheck proto = protos.get(0);
    FieldPath path = root.field("health_checks", 0);
    return new io.inmesh.model.HealthCheck(
        probe(proto, path),
        positive(proto.getTimeout(), decoding, path.field("timeout")),
        intervals(proto, decoding, path),
        threshold(proto.hasUnhealthyThreshold(), proto.getUnhealthyThreshold(), decoding),
        threshold(proto.hasHealthyThreshold(), proto.getHealthyThreshold(), decoding),
        !proto.hasReuseConnection() || proto.getReuseConnection().getValue(),
        proto.getAlwaysLogHealthCheckFailures());
  }

  private static int threshold(boolean set, UInt32Value value, Decoding decoding) {
    return Math.max(1, decoding.saturated(set, value, 1));
  }

  private static Intervals intervals(HealthCheck proto, Decoding decoding, FieldPath path)
      throws Rejection {
    Duration interval = positive(proto.getInterval(), decoding, path.field("interval"));
    Duration unhealthy =
        proto.hasUnhealthyInterval()
            ? positive(proto.getUnhealthyInterval(), decoding, path.field("unhealthy_interval"))
            : interval;
    Duration noTraffic =
        proto.hasNoTrafficInterval()
            ? positive(proto.getNoTrafficInterval(), decoding, path.field("no_traffic_interval"))
            : Intervals.NO_TRAFFIC;
    return new Intervals(
        interval,
        unhealthy,
        proto.hasUnhealthyEdgeInterval()
            ? positive(
                proto.getUnhealthyEdgeInterval(), decoding, path.field("unhealthy_edge_interval"))
            : unhealthy,
        proto.hasHealthyEdgeInterval()
            ? positive(
                proto.getHealthyEdgeInterval(), decoding, path.field("healthy_edge_interval"))
            : interval,
        noTraffic,
        proto.hasNoTrafficHealthyInterval()
            ? positive(
                proto.getNoTrafficHealthyInterval(),
                decoding,
                path.field("no_traffic_healthy_interval"))
            : noTraffic,
        decoding.duration(proto.getInitialJitter(), path.field("initial_jitter")),
        decoding.duration(proto.getIntervalJitter(), path.field("interval_jitter")),
        Math.min(100, Math.max(0, proto.getIntervalJitterPercent())));
  }

  private static Probe probe(HealthCheck proto, FieldPath path) throws Rejection {
    switch (proto.getHealthCheckerCase()) {
      case HTTP_HEALTH_CHECK -> {
        HealthCheck.HttpHealthCheck http = proto.getHttpHealthCheck();
        FieldPath at = path.field("http_health_check");
        if (!http.getPath().startsWith("/")) {
          throw new Rejection(at.field("path"), "must begin with '/'");
        }
        List<StatusRange> expected =
            ranges(http.getExpectedStatusesList(), at, "expected_statuses");
        return new Probe.Http(
            http.getPath(),
            http.getHost(),
            expected.isEmpty() ? List.of(new StatusRange(200, 200)) : expected,
            ranges(http.getRetriableStatusesList(), at, "retriable_statuses"),
            http.getCodecClientType() == CodecClientType.HTTP2);
      }
      case GRPC_HEALTH_CHECK -> {
        return new Probe.Grpc(
            proto.getGrpcHealthCheck().getServiceName(), proto.getGrpcHealthCheck().getAuthority());
      }
      case TCP_HEALTH_CHECK -> {
        HealthCheck.TcpHealthCheck tcp = proto.getTcpHealthCheck();
        FieldPath at = path.field("tcp_health_check");
        List<String> receive = new ArrayList<>(tcp.getReceiveCount());
        for (int i = 0; i < tcp.getReceiveCount(); i++) {
          receive.add(bytes(tcp.getReceive(i), at.field("receive", i)));
        }
        return new Probe.Tcp(bytes(tcp.getSend(), at.field("send")), receive);
      }
      default -> throw new Rejection(path, "names no kind of check that is supported");
    }
  }

  /** A character for each byte. */
  private static String bytes(HealthCheck.Payload payload, FieldPath path) throws Rejection {
    try {
      return payload.hasText()
          ? new String(HexFormat.of().parseHex(payload.getText()), StandardCharsets.ISO_8859_1)
          : payload.getBinary().toString(StandardCharsets.ISO_8859_1);
    } catch (IllegalArgumentException e) {
      throw new Rejection(path.field("text"), "is not hexadecimal");
    }
  }

  /** Envoy's ranges leave out their end. */
  private static List<StatusRange> ranges(List<Int64Range> protos, FieldPath at, String field)
      throws Rejection {
    List<StatusRange> ranges = new ArrayList<>(protos.size());
    for (int i = 0; i < protos.size(); i++) {
      Int64Range range = protos.get(i);
      if (range.getStart() < 100 || range.getEnd() > 600 || range.getStart() >= range.getEnd()) {
        throw new Rejection(at.field(field, i), "must be from 100 to 600");
      }
      ranges.add(new StatusRange((int) range.getStart(), (int) range.getEnd() - 1));
    }
    return ranges;
  }

  private static Duration positive(
      com.google.protobuf.Duration proto, Decoding decoding, FieldPath path) throws Rejection {
    Duration duration = decoding.duration(proto, path);
    if (duration.isZero()) {
      throw new Rejection(path, "must be longer than zero");
    }
    return duration;
  }
}
