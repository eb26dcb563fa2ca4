package io.inmesh.filter.authz;

import io.inmesh.model.AccessAnswer;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.ExternalAuthorization;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Decides about requests somewhere else. Thread-safe. */
@FunctionalInterface
public interface Arbiter {
  /**
   * Asks. Made in the context of the request, so that it inherits deadline and trace. Fails with a
   * message for operators if there is no decision.
   */
  CompletionStage<AccessAnswer> ask(AccessQuestion question, Duration timeout);

  /** Knows how to reach those who decide. Thread-safe. */
  @FunctionalInterface
  interface Source {
    /** Who decides; the same one as long as possible. */
    Arbiter of(ExternalAuthorization.Provider provider);
  }
}
