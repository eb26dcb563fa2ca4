package io.inmesh.model;

/**
 * HTTP statuses.
 *
 * @param first included
 * @param last included
 */
public record StatusRange(int first, int last) {
  /** Whether a status is one of them. */
  public boolean contains(int status) {
    return first <= status && status <= last;
  }
}
