package io.inmesh.filter.jwt;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where keys come from. Thread-safe. */
interface Keys {
  /** The newest known. */
  KeySet current();

  /**
   * Looks for a key that is not among them; null if it is no use, because keys do not change or
   * somebody looked a moment ago. The stage never fails.
   */
  @Nullable CompletionStage<Void> lookFor(String keyId);

  /** Keys that are given. */
  static Keys fixed(KeySet keys) {
    return new Keys() {
      @Override
      public KeySet current() {
        return keys;
      }

      @Override
      public @Nullable CompletionStage<Void> lookFor(String keyId) {
        return null;
      }
    };
  }
}
