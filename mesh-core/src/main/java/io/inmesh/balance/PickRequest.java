package io.inmesh.balance;

import io.inmesh.control.Randomness;

/** What a pick is for. Confined to the call. */
public interface PickRequest {
  /**
   * Whether a host may be chosen now: usable for the transport, and (at first) neither tried before
   * nor recently unreachable.
   */
  boolean admits(Host host);

  /** Whether hash policies gave the request a hash. */
  boolean hashed();

  /** That hash; meaningless unless {@link #hashed}. */
  long hash();

  /** Where random choices come from. */
  Randomness random();
}
