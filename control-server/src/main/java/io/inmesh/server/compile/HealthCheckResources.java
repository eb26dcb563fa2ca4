package io.inmesh.server.compile;

import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.type.v3.CodecClientType;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.envoyproxy.envoy.type.v3.Percent;
import io.inmesh.server.config.HealthCheckSpec;
import io.inmesh.server.config.HealthCheckSpec.Probe;
import java.util.List;

/** Active health checks of a cluster. */
final class HealthCheckResources {
  private HealthCheckResources() {}

  static void apply(HealthCheckSpec spec, Protocol protocol, Cluster.Builder cluster) {
    HealthCheck.Builder check =
        cluster
            .addHealthChecksBuilder()
            .setTimeout(Protos.duration(spec.timeout()))
            .setInterval(Protos.duration(spec.interval()))
            .setNoTrafficInterval(Protos.duration(spec.noTrafficInterval()))
            .setInitialJitter(Protos.duration(spec.initialJitter()))
            .setIntervalJitterPercent(spec.jitterPercent())
            .setUnhealthyThreshold(Protos.uint(spec.unhealthyThreshold()))
            .setHealthyThreshold(Protos.uint(spec.healthyThreshold()))
            .setReuseConnection(BoolValue.of(spec.reuseConnection()))
            .setAlwaysLogHealthCheckFailures(spec.logFailures());
    if (spec.unhealthyInterval() != null) {
      check.setUnhealthyInterval(Protos.duration(spec.unhealthyInterval()));
    }
    if (spec.probe() instanceof Probe.Http http) {
      check.setHttpHealthCheck(http(http, protocol));
    } else if (spec.probe() instanceof Probe.Grpc grpc) {
      check.setGrpcHealthCheck(
          HealthCheck.GrpcHealthCheck.newBuilder().setServiceName(grpc.service()));
    } else {
      check.setTcpHealthCheck(tcp((Probe.Tcp) spec.probe()));
    }
    // Who has left is gone at once, whatever the last probe said.
    cluster.setIgnoreHealthOnHostRemoval(true);
    if (!cluster.getCommonLbConfig().hasHealthyPanicThreshold()) {
      // What probes find is known, not guessed: calls fail rather than go to those that do not
      // work.
      cluster.getCommonLbConfigBuilder().setHealthyPanicThreshold(Percent.getDefaultInstance());
    }
  }

  private static HealthCheck.HttpHealthCheck http(Probe.Http spec, Protocol protocol) {
    HealthCheck.HttpHealthCheck.Builder http =
        HealthCheck.HttpHealthCheck.newBuilder()
            .setPath(spec.path())
            .setHost(spec.host())
            .addAllExpectedStatuses(ranges(spec.statuses()))
            .addAllRetriableStatuses(ranges(spec.retriableStatuses()));
    if (protocol.http2()) {
      http.setCodecClientType(CodecClientType.HTTP2);
    }
    return http.build();
  }

  private static List<Int64Range> ranges(List<Integer> statuses) {
    return statuses.stream()
        .map(status -> Int64Range.newBuilder().setStart(status).setEnd(status + 1L).build())
        .toList();
  }

  private static HealthCheck.TcpHealthCheck tcp(Probe.Tcp spec) {
    HealthCheck.TcpHealthCheck.Builder tcp = HealthCheck.TcpHealthCheck.newBuilder();
    if (!spec.send().isEmpty()) {
      tcp.setSend(payload(spec.send()));
    }
    spec.receive().forEach(text -> tcp.addReceive(payload(text)));
    return tcp.build();
  }

  private static HealthCheck.Payload payload(String text) {
    return HealthCheck.Payload.newBuilder().setBinary(ByteString.copyFromUtf8(text)).build();
  }
}
