package io.inmesh.server.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** The entry point of {@code control-server.jar}. */
public final class Main {
  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    Logging.configure();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(out, err, args));
  }

  /** Runs a command with its output going elsewhere; for tests. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine command = commandLine();
    command.setOut(out);
    command.setErr(err);
    return command.execute(args);
  }

  static CommandLine commandLine() {
    CommandLine command = new CommandLine(new InmeshCommand());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setUsageHelpAutoWidth(true);
    command.setParameterExceptionHandler(
        (e, args) -> {
          CommandLine failed = e.getCommandLine();
          failed.getErr().println("inmesh: " + e.getMessage());
          CommandLine.UnmatchedArgumentException.printSuggestions(e, failed.getErr());
          failed.getErr().println("Try '" + failed.getCommandSpec().qualifiedName() + " --help'.");
          return CommandLine.ExitCode.USAGE;
        });
    command.setExecutionExceptionHandler(
        (e, failed, result) -> {
          if (e instanceof CommandFailure failure) {
            failed.getErr().println("inmesh: " + failure.getMessage());
            return failure.exitCode();
          }
          throw e;
        });
    return command;
  }
}
