package io.inmesh.conformance.world;

/** One process's way to call others. Thread-safe. */
interface Wire extends AutoCloseable {
  /** Calls and waits. */
  Answer send(Request request) throws InterruptedException;

  /** Calls and is told. */
  Pending sendAsync(Request request);

  /** Ends; fails if a call is left. */
  @Override
  void close();
}
