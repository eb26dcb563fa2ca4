package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ClientCalls;
import io.inmesh.call.LoadReport;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.HealthCheck;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a channel hears from its servers on streams of their own, and how long connections live. */
class ConnectionWatchTest {
  private final FakeMesh mesh = new FakeMesh();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");
  private final HealthStatusManager health = new HealthStatusManager();

  @AfterEach
  void nothingLeaks() {
    Eventually.until("no call open", () -> mesh.callsOpen.get() == 0);
    assertThat(mesh.violations).isEmpty();
    channel.shutdownNow();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private String call() {
    return ClientCalls.blockingUnaryCall(
        channel, UNARY, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS), "hello");
  }

  private Status outcome() {
    try {
      call();
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private static HealthCheck grpcHealth(String service) {
    Duration second = Duration.ofSeconds(1);
    return new HealthCheck(
        new HealthCheck.Probe.Grpc(service, ""), second, HealthCheck.Intervals.every(second), 1, 1);
  }

  @Test
  void unhealthyServer_isNotUsed_untilItServesAgain() throws Exception {
    mesh.healthCheck = grpcHealth("shop.Orders");
    health.setStatus("shop.Orders", ServingStatus.SERVING);
    try (TestService service =
            new TestService()
                .start(NettyServerBuilder.forPort(0).addService(health.getHealthService()));
        TestService other = new TestService().start()) {
      mesh.endpoints(service.port());
      assertThat(call()).isEqualTo("hello");
      health.setStatus("shop.Orders", ServingStatus.NOT_SERVING);
      Eventually.until("it fails", () -> outcome().getCode() == Status.Code.UNAVAILABLE);
      assertThat(outcome().getDescription()).contains("shop.Orders", "NOT_SERVING");

      mesh.endpoints(service.port(), other.port()); // that one has no health service
      Eventually.until("the other answers", () -> outcome().isOk());
      int before = service.calls.get();
      for (int i = 0; i < 4; i++) {
        call();
      }
      assertThat(service.calls).hasValue(before);

      health.setStatus("shop.Orders", ServingStatus.SERVING);
      Eventually.until(
          "it is used again",
          () -> {
            call();
            return service.calls.get() > before;
          });
    }
  }

  @Test
  void serverThatDoesNotKnowTheService_isNotUsed() throws Exception {
    mesh.healthCheck = grpcHealth("unknown");
    try (TestService service =
        new TestService()
            .start(NettyServerBuilder.forPort(0).addService(health.getHealthService()))) {
      mesh.endpoints(service.port());
      assertThat(outcome().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      health.setStatus("unknown", ServingStatus.SERVING);
      Eventually.until("it is used", () -> outcome().isOk());
    }
  }

  @Test
  void loadReports_comeOutOfBand() throws Exception {
    mesh.balancer =
        new BalancerPolicy(
            new BalancerPolicy.Algorithm.Utilization(
                true,
                Duration.ofSeconds(1),
                Duration.ZERO,
                Duration.ofMinutes(3),
                Duration.ofSeconds(1),
                1),
            false,
            50,
            null);
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    LoadReport load = new LoadReport(0.5, 0.25, 100, 2);
    try (TestService service =
        new TestService()
            .start(
                NettyServerBuilder.forPort(0)
                    .addService(new LoadReportService(() -> load, scheduler)))) {
      mesh.endpoints(service.port());
      Eventually.until("two reports", () -> mesh.reports.size() >= 2);
      assertThat(mesh.reports).containsOnly(load);
    } finally {
      scheduler.shutdownNow();
    }
  }

  @Test
  void nobodyWantsReports_noneAreAskedFor() throws Exception {
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      call();
      assertThat(service.calls).hasValue(1);
      assertThat(mesh.reports).isEmpty();
    }
  }

  @Test
  void wornConnection_isReplaced_itsCallsGoOn() throws Exception {
    mesh.connections =
        new ConnectionPolicy(
            Duration.ofHours(1), null, 5, 0, null, null, ConnectionPolicy.Preconnect.NONE);
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      EchoCall call = new EchoCall(channel);
      call.echo("before");
      Eventually.until(
          "calls come from other connections",
          () -> {
            call();
            return service.remotes.size() >= 3;
          });
      // Two connections have had five calls each, and a few more while the next one was made.
      assertThat(service.calls.get()).isGreaterThanOrEqualTo(10);
      call.echo("after");
      call.finish();
      assertThat(mesh.failures).isEmpty();
    }
  }

  @Test
  void oldConnection_isReplaced_itsCallsGoOn() throws Exception {
    mesh.connections =
        new ConnectionPolicy(
            Duration.ofHours(1),
            Duration.ofMillis(300),
            0,
            0,
            null,
            null,
            ConnectionPolicy.Preconnect.NONE);
    try (TestService service = new TestService().start()) {
      mesh.endpoints(service.port());
      EchoCall call = new EchoCall(channel);
      call.echo("before");
      Eventually.until(
          "calls come from other connections",
          () -> {
            call();
            return service.remotes.size() >= 3;
          });
      call.echo("after");
      call.finish();
      assertThat(mesh.failures).isEmpty();
    }
  }
}
