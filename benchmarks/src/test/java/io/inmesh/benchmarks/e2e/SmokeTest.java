package io.inmesh.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** That the comparison works; how fast anything is is no matter of tests. */
class SmokeTest {
  @Test
  void comparison_ofTheMeshWithItsBaseline_measuresBothInTurnsAndIsComplete(@TempDir Path out)
      throws Exception {
    String[] arguments = {"--smoke", "--forks", "1", "--peers", "inmesh", "--out", out.toString()};
    assertThat(new CommandLine(new Bench()).execute(arguments)).isZero();
    Path results = out.resolve("results.jsonl");
    assertThat(Files.readAllLines(results))
        .hasSize(8)
        .allSatisfy(line -> assertThat(line).contains("\"failed\":0"));
    assertThat(Files.readString(out.resolve("report.md"))).contains("| inmesh | transport |");

    assertThat(new CommandLine(new Bench()).execute(arguments)).isZero();
    assertThat(Files.readAllLines(results)).as("nothing is measured twice").hasSize(8);
  }
}
