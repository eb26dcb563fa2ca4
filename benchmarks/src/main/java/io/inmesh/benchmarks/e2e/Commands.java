package io.inmesh.benchmarks.e2e;

import java.util.concurrent.Callable;
import picocli.CommandLine;

/** How what {@code benchmarks/run} starts ends. */
public final class Commands {
  private Commands() {}

  /**
   * Runs a command and ends the process: with what the command says, 2 for wrong usage, or 1 for a
   * failure, which is told in one line.
   */
  public static void run(Callable<Integer> command, String[] args) {
    CommandLine line = new CommandLine(command);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, failed, parsed) -> {
          failed.getErr().println(failed.getCommandName() + ": " + failure.getMessage());
          return failure instanceof IllegalArgumentException ? 2 : 1;
        });
    System.exit(line.execute(args));
  }
}
