package io.inmesh.model;

/**
 * What happens to the path of an inbound HTTP request before anything looks at it, so that policies
 * and the application see the same one (Envoy's and Istio's path normalisation).
 *
 * @param normalize resolves dot segments, decodes what need not be encoded, turns backslashes into
 *     slashes and refuses what is ambiguous; if false, the rest has no effect
 * @param mergeSlashes makes one of adjacent slashes
 * @param escaped what happens to {@code %2F} and {@code %5C}
 */
public record PathPolicy(boolean normalize, boolean mergeSlashes, EscapedSlashes escaped) {
  /** What happens to slashes and backslashes that are percent-encoded. */
  public enum EscapedSlashes {
    /** They stay. */
    KEEP,
    /** The request is refused. */
    REFUSE,
    /** They become slashes. */
    DECODE
  }

  /** Paths stay as they came. */
  public static final PathPolicy NONE = new PathPolicy(false, false, EscapedSlashes.KEEP);
}
