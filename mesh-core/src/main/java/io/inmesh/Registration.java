package io.inmesh;

import java.util.concurrent.CompletionStage;

/**
 * This process as an instance of its service. The order of a graceful shutdown: {@link #drain},
 * wait for it, stop the servers, {@link #close}. Thread-safe.
 */
public interface Registration extends AutoCloseable {
  /** How an instance feels. */
  enum Health {
    /** Takes calls. */
    HEALTHY,
    /** Takes no calls while others are healthy. */
    UNHEALTHY
  }

  /**
   * Completes when callers can first find the instance: the control server serves it, and the
   * clients that watch the service know or have had 2 s to; fails if the control server refuses it,
   * which is tried again.
   */
  CompletionStage<Void> whenRegistered();

  /** Announces a change of health; also after every reconnect. */
  void health(Health health);

  /**
   * Takes the instance out of new picks. Completes when the clients of the service know, or when
   * {@code drain-timeout} is over, or when nobody can be told; never fails.
   */
  CompletionStage<Void> drain();

  /** Removes the instance; waits a moment for the control server to confirm. Idempotent. */
  @Override
  void close();
}
