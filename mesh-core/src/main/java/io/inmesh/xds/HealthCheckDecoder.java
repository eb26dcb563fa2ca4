package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.inmesh.model.HealthCheck.Probe;
import io.inmesh.model.StatusRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Active health checks, with Envoy's defaults for what is unset. */
final class HealthCheckDecoder {
  private static final int MAX_CHECKS = 16;
  private static final Duration NO_TRAFFIC = Duration.ofSeconds(60);

  private HealthCheckDecoder() {}

  static List<io.inmesh.model.HealthCheck> decode(
      List<HealthCheck> protos, Decoding decoding, FieldPath root) throws Rejection {
    if (protos.size() > MAX_CHECKS) {
      throw new Rejection(root.field("health_checks"), "more than " + MAX_CHECKS);
    }
    List<io.inmesh.model.HealthCheck> checks = new ArrayList<>(protos.size());
    for (int i = 0; i < protos.size(); i++) {
      FieldPath path = root.field("health_checks", i);
      HealthCheck proto = protos.get(i);
      checks.add(
          new io.inmesh.model.HealthCheck(
              probe(proto, decoding, path),
              positive(proto.getTimeout(), decoding, path.field("timeout")),
              positive(proto.getInterval(), decoding, path.field("interval")),
              proto.hasNoTrafficInterval()
                  ? positive(
                      proto.getNoTrafficInterval(), decoding, path.field("no_traffic_interval"))
                  : NO_TRAFFIC,
              Math.max(
                  1,
                  decoding.saturated(
                      proto.hasUnhealthyThreshold(), proto.getUnhealthyThreshold(), 1)),
              Math.max(
                  1,
                  decoding.saturated(proto.hasHealthyThreshold(), proto.getHealthyThreshold(), 1)),
              Math.min(100, Math.max(0, proto.getIntervalJitterPercent()))));
    }
    return checks;
  }

  private static Probe probe(HealthCheck proto, Decoding decoding, FieldPath path)
      throws Rejection {
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
            ranges(http.getRetriableStatusesList(), at, "retriable_statuses"));
      }
      case GRPC_HEALTH_CHECK -> {
        return new Probe.Grpc(
            proto.getGrpcHealthCheck().getServiceName(), proto.getGrpcHealthCheck().getAuthority());
      }
      case TCP_HEALTH_CHECK -> {
        if (proto.getTcpHealthCheck().hasSend()
            || proto.getTcpHealthCheck().getReceiveCount() > 0) {
          decoding.remark(path.field("tcp_health_check"), "only connects, nothing is sent");
        }
        return new Probe.Tcp();
      }
      default -> throw new Rejection(path, "names no kind of check that is supported");
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
