package io.inmesh.identity;

import java.util.concurrent.CompletionStage;

/**
 * Where this process's certificate, key and trust come from. It puts what it obtains into the
 * {@link TlsMaterial} it was made with, again whenever something is replaced.
 */
public interface IdentitySource extends AutoCloseable {
  /**
   * Begins.
   *
   * @param renewed told, on the control loop, after each certificate
   */
  void start(Runnable renewed);

  /** Completes when there is a certificate; never fails. */
  CompletionStage<Void> ready();

  /** Ends; what was obtained stays in force. On the control loop. */
  @Override
  void close();
}
