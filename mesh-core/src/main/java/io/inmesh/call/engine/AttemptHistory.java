package io.inmesh.call.engine;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.CallTransport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The attempts of one call, from the newest back by {@link MeshAttempt#previous}. */
final class AttemptHistory {
  private AttemptHistory() {}

  /** For people and exceptions, the oldest first. */
  static List<AttemptRecord> of(@Nullable MeshAttempt newest) {
    if (newest == null) {
      return List.of();
    }
    List<AttemptRecord> records = new ArrayList<>(newest.number());
    for (MeshAttempt attempt = newest; attempt != null; attempt = attempt.previous()) {
      records.add(attempt.record());
    }
    Collections.reverse(records);
    return records;
  }

  /** The one whose response goes to the application; null: none does yet. */
  static @Nullable MeshAttempt winner(@Nullable MeshAttempt newest) {
    MeshAttempt attempt = newest;
    while (attempt != null && !attempt.won()) {
      attempt = attempt.previous();
    }
    return attempt;
  }

  /** Whether an answer may still come from one. */
  static boolean inFlight(MeshAttempt newest) {
    for (MeshAttempt attempt = newest; attempt != null; attempt = attempt.previous()) {
      if (attempt.mayAnswer()) {
        return true;
      }
    }
    return false;
  }

  /** Abandons all that are in flight, but for one. */
  static void giveUp(
      @Nullable MeshAttempt newest,
      @Nullable MeshAttempt but,
      CallTransport transport,
      String why,
      @Nullable Reason reason) {
    for (MeshAttempt attempt = newest; attempt != null; attempt = attempt.previous()) {
      if (attempt != but && attempt.superseded(why, reason)) {
        transport.abandon(attempt);
      }
    }
  }
}
