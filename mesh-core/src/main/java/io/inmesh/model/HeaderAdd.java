package io.inmesh.model;

/**
 * A header to write.
 *
 * @param name lower case
 * @param value may hold Envoy's format operators ({@code %REQ(x)%}, {@code
 *     %DOWNSTREAM_PEER_URI_SAN%} …)
 * @param mode what to do about values already there
 */
public record HeaderAdd(String name, String value, Mode mode) {
  /** Envoy's {@code HeaderAppendAction}. */
  public enum Mode {
    /** Keeps what is there and adds a value. */
    APPEND,
    /** Writes only where there is none. */
    ADD_IF_ABSENT,
    /** Replaces what is there, or adds. */
    OVERWRITE,
    /** Replaces what is there, adds nothing where there is none. */
    OVERWRITE_IF_EXISTS
  }
}
