package io.inmesh.grpc;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import com.github.xds.service.orca.v3.OpenRcaServiceGrpc;
import com.github.xds.service.orca.v3.OrcaLoadReportRequest;
import com.google.protobuf.Duration;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.inmesh.call.LoadReport;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Reports this process's load to clients that want to hear of it out of band (ORCA). */
final class LoadReportService extends OpenRcaServiceGrpc.OpenRcaServiceImplBase {
  /** Loads are sampled no more often. */
  private static final long MIN_NANOS = 1_000_000_000L;

  /** Where the client does not say. */
  private static final long DEFAULT_NANOS = 10_000_000_000L;

  private final Supplier<LoadReport> load;
  private final ScheduledExecutorService scheduler;

  LoadReportService(Supplier<LoadReport> load, ScheduledExecutorService scheduler) {
    this.load = load;
    this.scheduler = scheduler;
  }

  @Override
  public void streamCoreMetrics(
      OrcaLoadReportRequest request, StreamObserver<OrcaLoadReport> responses) {
    ServerCallStreamObserver<OrcaLoadReport> client =
        (ServerCallStreamObserver<OrcaLoadReport>) responses;
    long nanos = request.hasReportInterval() ? nanos(request.getReportInterval()) : DEFAULT_NANOS;
    Future<?> timer =
        scheduler.scheduleWithFixedDelay(
            () -> report(client), 0, Math.max(MIN_NANOS, nanos), TimeUnit.NANOSECONDS);
    client.setOnCancelHandler(() -> timer.cancel(false));
  }

  private static long nanos(Duration interval) {
    return TimeUnit.SECONDS.toNanos(interval.getSeconds()) + interval.getNanos();
  }

  private void report(ServerCallStreamObserver<OrcaLoadReport> client) {
    if (!client.isCancelled() && client.isReady()) {
      LoadReport now = load.get();
      client.onNext(
          OrcaLoadReport.newBuilder()
              .setCpuUtilization(now.cpu())
              .setApplicationUtilization(now.application())
              .setRpsFractional(now.requestsPerSecond())
              .setEps(now.errorsPerSecond())
              .build());
    }
  }
}
