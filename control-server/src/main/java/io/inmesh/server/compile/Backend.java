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
   * Nothing that can answer: its share of the requests fails with 500.
   *
   * @param reason for people
   * @param weight positive
   */
  record Invalid(String reason, int weight) implements Backend {}
}
