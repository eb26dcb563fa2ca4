package io.inmesh.server.compile;

/** A destination of a rule with its share. */
sealed interface Backend {
  /** Positive. */
  int weight();

  /**
   * A cluster.
   *
   * @param cluster its name
   * @param weight positive
   * @param headers changes only for this destination
   */
  record Valid(String cluster, int weight, HeaderEdits headers) implements Backend {}

  /**
   * Nothing that can answer: its share of the requests fails.
   *
   * @param reason for people
   * @param weight positive
   * @param status it fails with: 500 as Gateway API wants it, 503 as Istio has it
   */
  record Invalid(String reason, int weight, int status) implements Backend {}
}
