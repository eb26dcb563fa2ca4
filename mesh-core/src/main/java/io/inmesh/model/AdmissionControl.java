package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Envoy's admission control: a client that sees a service fail sends it less, as described in the
 * chapter on client-side throttling of Google's SRE book.
 *
 * @param enabled the share of requests it applies to
 * @param window over which successes are counted
 * @param threshold percent of successes below which requests are refused
 * @param aggression above 1 refuses more at the same rate of success
 * @param rpsThreshold fewer requests per second than this are never refused
 * @param maxRejection percent of requests that are refused at most
 * @param httpSuccess ranges of statuses that are successes, from (included) and to (excluded)
 * @param grpcSuccess gRPC statuses that are successes
 */
public record AdmissionControl(
    Fraction enabled,
    Duration window,
    double threshold,
    double aggression,
    int rpsThreshold,
    double maxRejection,
    List<Range> httpSuccess,
    Set<Integer> grpcSuccess) {
  /** Statuses, the last not included. */
  public record Range(int from, int to) {}

  public AdmissionControl {
    httpSuccess = List.copyOf(httpSuccess);
    grpcSuccess = Set.copyOf(grpcSuccess);
  }
}
