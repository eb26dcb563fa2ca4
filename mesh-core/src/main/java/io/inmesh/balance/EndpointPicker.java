package io.inmesh.balance;

import org.jspecify.annotations.Nullable;

/**
 * Chooses one host of a fixed {@link HostSet}. Thread-safe and lock-free; its only own state is
 * cursors, everything learnt about hosts lives in {@link EndpointState}.
 */
@FunctionalInterface
public interface EndpointPicker {
  /** A host that the request admits; null exactly if it admits none of the set. */
  @Nullable Host pick(PickRequest request);
}
