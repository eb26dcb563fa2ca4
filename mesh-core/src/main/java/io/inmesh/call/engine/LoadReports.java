package io.inmesh.call.engine;

import io.inmesh.balance.EndpointState;
import io.inmesh.call.Headers;

/**
 * Load reports (ORCA) on the way between servers, which add them to their responses, and the
 * balancers of their clients.
 */
final class LoadReports {
  private LoadReports() {}

  /** Server side: adds this process's report to a response head (HTTP) or to trailers (gRPC). */
  static void add(Headers headers) {}

  /**
   * Client side: takes an endpoint's report out of a response head or trailers, if there is one.
   *
   * @param errorPenalty how much an error per request adds to the utilisation
   */
  static void received(Headers headers, EndpointState from, double errorPenalty, long nowNanos) {}
}
