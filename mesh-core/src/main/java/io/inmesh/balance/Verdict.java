package io.inmesh.balance;

/** What a finished request says about the host that it went to. */
public enum Verdict {
  GOOD,
  /** The host had too many requests: HTTP 429, gRPC {@code RESOURCE_EXHAUSTED}. */
  LIMITED,
  FAILED
}
