package io.inmesh.call;

/** The right to have one connection open, against its cluster's limit. Thread-safe. */
@FunctionalInterface
public interface ConnectionPermit {
  /** Where nothing is limited. */
  ConnectionPermit UNLIMITED = () -> {};

  /** The connection was closed, or could not be opened; once. */
  void closed();
}
