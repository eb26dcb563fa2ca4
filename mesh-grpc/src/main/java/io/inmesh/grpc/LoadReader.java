package io.inmesh.grpc;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import com.github.xds.service.orca.v3.OrcaLoadReportRequest;
import io.grpc.Status;
import io.inmesh.call.LoadReport;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What a server reports of its load on a stream of its own (ORCA, out of band). A server that does
 * not report is not asked again on this connection.
 *
 * @param told each report
 */
record LoadReader(Consumer<LoadReport> told) implements ConnectionWatch.Reader<OrcaLoadReport> {
  static OrcaLoadReportRequest request(Duration period) {
    return OrcaLoadReportRequest.newBuilder()
        .setReportInterval(
            com.google.protobuf.Duration.newBuilder()
                .setSeconds(period.getSeconds())
                .setNanos(period.getNano()))
        .build();
  }

  @Override
  public void news(OrcaLoadReport report) {
    LoadReport read = LoadReport.parse(report.toByteArray());
    if (read != null) {
      told.accept(read);
    }
  }

  @Override
  public boolean ended(Status status) {
    return status.getCode() != Status.Code.UNIMPLEMENTED;
  }
}
