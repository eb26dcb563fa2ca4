package io.inmesh.model;

import org.jspecify.annotations.Nullable;

/**
 * A condition on a subject alternative name of a certificate.
 *
 * @param type of name; null: any of them
 * @param text what it must be; an exact host name is also found in a certificate for {@code *.} and
 *     the rest of it
 */
public record SanMatch(@Nullable Type type, StringMatch text) {
  /** Types of names. */
  public enum Type {
    DNS,
    URI,
    EMAIL,
    IP_ADDRESS
  }
}
