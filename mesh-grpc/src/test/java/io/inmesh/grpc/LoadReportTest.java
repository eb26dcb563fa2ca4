package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import com.github.xds.service.orca.v3.OpenRcaServiceGrpc;
import com.github.xds.service.orca.v3.OrcaLoadReportRequest;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.inmesh.call.LoadReport;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Load reports of a server in the mesh, on the real engine. */
class LoadReportTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);

  private final EngineMesh mesh = new EngineMesh();
  private final TestService service = new TestService();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");
  private int port;

  @BeforeEach
  void start() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    service.start(MeshServers.builder(mesh, port));
  }

  @AfterEach
  void nothingLeaks() {
    channel.shutdownNow();
    service.close();
    Eventually.until("the channel stops", channel::isTerminated);
    Eventually.until("the engine is idle", mesh.engine::idle);
  }

  private void balance(BalancerPolicy policy) {
    Cluster plain =
        Snapshots.cluster(ORDERS, "orders", Snapshots.local(Snapshots.endpoint("127.0.0.1", port)));
    mesh.update(
        Snapshots.builder()
            .add("orders", 80, Cluster.Protocol.HTTP2)
            .cluster(
                new Cluster(
                    plain.name(),
                    plain.service(),
                    plain.localities(),
                    plain.overprovisioning(),
                    plain.drops(),
                    policy,
                    plain.connectTimeout(),
                    Cluster.Protocol.HTTP2,
                    plain.breakers(),
                    plain.outliers(),
                    plain.tls()))
            .build());
  }

  private static BalancerPolicy byUtilization() {
    return new BalancerPolicy(
        new BalancerPolicy.Algorithm.Utilization(
            false,
            Duration.ofSeconds(10),
            Duration.ZERO,
            Duration.ofMinutes(3),
            Duration.ofSeconds(1),
            1),
        false,
        50,
        null);
  }

  private @Nullable LoadReport reportWith() {
    AtomicReference<@Nullable Metadata> headers = new AtomicReference<>();
    AtomicReference<@Nullable Metadata> trailers = new AtomicReference<>();
    String unused =
        ClientCalls.blockingUnaryCall(
            ClientInterceptors.intercept(
                channel, MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
            UNARY,
            CallOptions.DEFAULT,
            "hello");
    Metadata seen = trailers.get();
    return seen == null ? null : LoadReport.in(new MetadataHeaders(seen));
  }

  @Test
  void weightedByUtilization_responsesCarryReports() {
    balance(byUtilization());
    assertThat(reportWith()).isNotNull();
    Eventually.until(
        "there is a rate",
        () -> {
          LoadReport report = reportWith();
          return report != null && report.requestsPerSecond() > 0;
        });
  }

  @Test
  void otherwise_noneIsSent_andNoneIsAskedFor() {
    balance(BalancerPolicy.DEFAULT);
    assertThat(reportWith()).isNull();
    assertThat(new MetadataHeaders(service.heads.get(0)).get("x-inmesh-load")).isNull();
  }

  @Test
  void everyServer_reportsOutOfBand() {
    balance(BalancerPolicy.DEFAULT);
    Iterator<OrcaLoadReport> reports =
        OpenRcaServiceGrpc.newBlockingStub(channel)
            .streamCoreMetrics(OrcaLoadReportRequest.getDefaultInstance());
    assertThat(reports.next().getCpuUtilization()).isBetween(0.0, 1.0);
  }
}
