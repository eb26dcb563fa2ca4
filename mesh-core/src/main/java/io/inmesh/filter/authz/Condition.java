package io.inmesh.filter.authz;

/** A compiled {@link io.inmesh.model.AccessMatch}. Immutable. */
@FunctionalInterface
interface Condition {
  /** Every request. */
  Condition ALWAYS = subject -> true;

  /** Whether a request satisfies it. */
  boolean test(Subject subject);
}
