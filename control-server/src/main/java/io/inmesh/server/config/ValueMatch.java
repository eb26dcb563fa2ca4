package io.inmesh.server.config;

/**
 * A condition on a header or a query parameter.
 *
 * @param type how to compare
 * @param name of the header (any case) or the parameter (exact case)
 * @param value the value, or an RE2 expression that must match all of it
 * @param provenance where it is written
 */
public record ValueMatch(Type type, String name, String value, Provenance provenance) {

  /** How a value or a gRPC method is compared. */
  public enum Type {
    /** Equal, case included. */
    EXACT,
    /** Begins with the value; not in Gateway API. */
    PREFIX,
    /** The whole value matches an RE2 expression. */
    REGULAR_EXPRESSION,
    /** There, with any value; not in Gateway API. */
    PRESENT
  }
}
