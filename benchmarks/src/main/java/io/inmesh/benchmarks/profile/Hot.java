package io.inmesh.benchmarks.profile;

import io.inmesh.benchmarks.e2e.Commands;
import io.inmesh.benchmarks.profile.Samples.Share;
import io.inmesh.benchmarks.report.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is hot in flight recordings, from the command line. */
@Command(
    name = "benchmarks/run --hot",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes what flight recordings sampled as a page: the share of each thread, method and",
      "package in Java code, in native code and in what was allocated."
    })
public final class Hot implements Callable<Integer> {
  private static final int METHODS = 25;
  private static final int FEW = 10;

  @Parameters(arity = "1..*", paramLabel = "RECORDING", description = "Files that the JVM wrote.")
  private List<Path> recordings = List.of();

  @Option(
      names = "--last",
      paramLabel = "SECONDS",
      description = "Only so much of the end of each, where its JVM is warm; all of it.")
  private @Nullable Integer last;

  @Option(
      names = "--recorded-by",
      paramLabel = "COMMAND",
      description = "What made the recordings; the page says so.")
  private @Nullable String recordedBy;

  @Option(names = "--out", paramLabel = "FILE", description = "The page is written there, too.")
  private @Nullable Path out;

  @Spec private @Nullable CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    Commands.run(new Hot(), args);
  }

  @Override
  public Integer call() throws IOException {
    Map<Path, Profile> profiles = new LinkedHashMap<>();
    for (Path recording : recordings) {
      profiles.put(recording, read(recording));
    }
    Page page = new Page(out, spec);
    if (recordedBy != null) {
      page.print("Recorded by `%s`.%n%n", recordedBy);
    }
    page.print(
        "Shares are of the samples under their heading. Native code is sampled at a rate of its"
            + " own, and whether it runs or waits.%n");
    profiles.forEach((recording, profile) -> print(page, recording, profile));
    page.write();
    return 0;
  }

  private void print(Page page, Path recording, Profile profile) {
    page.print(
        "%n### %s%s%n",
        recording.getFileName().toString().replaceAll("\\.jfr$", ""),
        last == null ? "" : ", the last " + last + " s");

    page.print("%n#### Java code, %,d samples%n", profile.code().count());
    table(page, "thread", profile.code().subjects(FEW));
    table(page, "method", profile.code().methods(METHODS));
    table(page, "method of `io.inmesh`, or of others that it calls", profile.code().ours(METHODS));
    table(page, "package of the method", profile.code().packages(FEW));
    table(page, "package anywhere on the stack", profile.code().beneath(METHODS));

    page.print("%n#### Native code, %,d samples%n", profile.nativeCode().count());
    table(page, "thread", profile.nativeCode().subjects(FEW));
    table(page, "method", profile.nativeCode().methods(FEW));
    table(page, "method of `io.inmesh` that calls it", profile.nativeCode().ours(FEW));

    Samples allocation = profile.allocation();
    page.print(
        "%n#### Allocation, %,.0f MB in %,d samples%n",
        allocation.weight() / 1e6, allocation.count());
    table(page, "class", allocation.subjects(FEW));
    table(page, "method", allocation.methods(FEW));
    table(page, "method of `io.inmesh`, or of others that it calls", allocation.ours(FEW));
    table(page, "package anywhere on the stack", allocation.beneath(FEW));
  }

  private Profile read(Path recording) throws IOException {
    if (!Files.isReadable(recording)) {
      throw new IllegalArgumentException(recording + ": there is no such file that can be read");
    }
    try {
      return Profile.of(recording, last == null ? null : Duration.ofSeconds(last));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          recording + ": not a flight recording: " + e.getMessage(), e);
    }
  }

  private static void table(Page page, String what, List<Share> shares) {
    if (!shares.isEmpty()) {
      page.print("%n| %s | %% |%n| --- | ---: |%n", what);
      shares.forEach(share -> page.print("| `%s` | %.1f |%n", share.name(), share.percent()));
    }
  }
}
