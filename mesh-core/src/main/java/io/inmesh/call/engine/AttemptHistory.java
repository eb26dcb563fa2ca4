package io.inmesh.call.engine;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.balance.Host;
import io.inmesh.call.CallTransport;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/** The attempts of one call, from the newest back by {@link MeshAttempt#previous}. */
final class AttemptHistory {
  private AttemptHistory() {}

  /**
   * For people and exceptions, the oldest first: what is known now. It is put into words when
   * somebody asks, on any thread.
   */
  static List<AttemptRecord> of(@Nullable MeshAttempt newest) {
    int count = 0;
    for (MeshAttempt attempt = newest; attempt != null; attempt = attempt.previous()) {
      count++;
    }
    if (count == 0) {
      return List.of();
    }
    AttemptOutcome[] outcomes = new AttemptOutcome[count];
    for (MeshAttempt attempt = newest; attempt != null; attempt = attempt.previous()) {
      outcomes[--count] = attempt.outcome();
    }
    return new Records(outcomes);
  }

  private static final class Records extends AbstractList<AttemptRecord> implements RandomAccess {
    private final AttemptOutcome[] outcomes;

    Records(AttemptOutcome[] outcomes) {
      this.outcomes = outcomes;
    }

    @Override
    public AttemptRecord get(int index) {
      return outcomes[index].inWords();
    }

    @Override
    public int size() {
      return outcomes.length;
    }
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

  /** Whether one that is not over went to a host. */
  static boolean at(@Nullable MeshAttempt newest, Host host) {
    for (MeshAttempt attempt = newest; attempt != null; attempt = attempt.previous()) {
      if (!attempt.over() && attempt.host != null && attempt.host.state() == host.state()) {
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
