package io.inmesh.filter.jwt;

import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What became of a requirement or a token. */
sealed interface Verdict {
  /** Satisfied without a token. */
  Verdict NONE = new Satisfied();

  /** There is no token. */
  Verdict MISSING = new Refused(Refusal.MISSING);

  /** Satisfied; the tokens are in the verification. */
  record Satisfied() implements Verdict {}

  /**
   * A token that is valid.
   *
   * @param payload as it was sent
   * @param claims as later filters see them
   * @param expires when it ceases to be valid, skew included, in milliseconds of the wall clock
   */
  record Valid(String payload, Map<String, Object> claims, long expires) implements Verdict {}

  /** Not satisfied. */
  record Refused(Refusal refusal) implements Verdict {}

  /** To be asked once more when the keys are there; the stage never fails. */
  record Waiting(CompletionStage<Void> keys) implements Verdict {}
}
