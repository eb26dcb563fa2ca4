package io.inmesh.call.engine;

import io.inmesh.balance.EndpointState;
import io.inmesh.call.Headers;
import io.inmesh.call.LoadReport;

/** Load reports (ORCA) on their way to the balancers. */
final class LoadReports {
  private LoadReports() {}

  /**
   * Takes an endpoint's report out of a response head or trailers, if there is one.
   *
   * @param errorPenalty how much an error per request adds to the utilisation
   */
  static void received(Headers headers, EndpointState from, double errorPenalty, long nowNanos) {
    LoadReport report = LoadReport.in(headers);
    if (report != null) {
      received(report, from, errorPenalty, nowNanos);
    }
  }

  /** An endpoint's report came. */
  static void received(LoadReport report, EndpointState from, double errorPenalty, long nowNanos) {
    from.reportedLoad()
        .report(
            report.requestsPerSecond(),
            report.errorsPerSecond(),
            report.utilization(),
            errorPenalty,
            nowNanos);
  }
}
