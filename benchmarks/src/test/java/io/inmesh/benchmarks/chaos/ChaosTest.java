package io.inmesh.benchmarks.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** UX-05: what may be done once only; {@code benchmarks/run --chaos} is the same for longer. */
@Timeout(120)
class ChaosTest {
  @Test
  void keyedRequests_whileConnectionsAreResetAndServersKilled_areExecutedOnce(@TempDir Path out)
      throws Exception {
    Path page = out.resolve("chaos.md");
    int code =
        new CommandLine(new Chaos())
            .execute(
                "--requests=4000",
                "--servers=3",
                "--kill-every=1",
                "--reset-after=30000",
                "--held-percent=5",
                "--answered=97",
                "--out=" + page);
    assertThat(code).as(() -> read(page)).isZero();
  }

  private static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }

  @Test
  void verdict_findsWhatWasExecutedTwice_andWhatWasNot() {
    Verdict verdict = Verdict.of(List.of("a", "b", "a"), Set.of("a", "b", "c"));
    assertThat(verdict.twice()).containsExactly("a");
    assertThat(verdict.never()).containsExactly("c");
    assertThat(verdict.holds()).isFalse();
    assertThat(Verdict.of(List.of("a", "b"), Set.of("a")).holds()).isTrue();
  }
}
