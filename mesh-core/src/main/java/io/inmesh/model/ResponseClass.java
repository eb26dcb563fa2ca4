package io.inmesh.model;

import java.util.Set;

/**
 * What a response means to an operator, against the usual reading (5xx and some gRPC statuses are
 * failures). Used by retries, client throttling, outlier detection and metrics alike.
 *
 * @param fromStatus first HTTP status it is about; 0: none
 * @param toStatus last one
 * @param grpcStatuses gRPC statuses it is about
 * @param failure whether they are failures
 */
public record ResponseClass(
    int fromStatus, int toStatus, Set<Integer> grpcStatuses, boolean failure) {
  /** What operators say about a response. */
  public enum Meaning {
    /** Nothing: it is read as usual. */
    USUAL,
    /** It is a success. */
    GOOD,
    /** It is a failure. */
    FAILED
  }

  public ResponseClass {
    grpcStatuses = Set.copyOf(grpcStatuses);
  }

  /** What it says of the statuses it is about. */
  public Meaning meaning() {
    return failure ? Meaning.FAILED : Meaning.GOOD;
  }
}
