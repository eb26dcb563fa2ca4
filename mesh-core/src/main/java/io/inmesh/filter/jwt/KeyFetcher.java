package io.inmesh.filter.jwt;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Gets key sets. Thread-safe. */
public interface KeyFetcher {
  /**
   * An answer.
   *
   * @param body the key set
   * @param maxAge how long it says it is fresh; negative: it does not say
   */
  record Answer(String body, Duration maxAge) {}

  /** Gets a key set; fails with a message for operators. */
  CompletionStage<Answer> fetch(URI uri, Duration timeout);
}
