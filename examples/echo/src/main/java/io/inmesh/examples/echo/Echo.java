package io.inmesh.examples.echo;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of echo. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    description = "Drives a mesh: a server that echoes, a caller that counts.",
    subcommands = {ServerCommand.class, CallCommand.class})
public final class Echo {
  private Echo() {}

  /** Runs a sub-command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs a sub-command: 0 all as asked, 1 something failed, 2 wrong usage. */
  static int run(String... arguments) {
    return new CommandLine(new Echo())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, line, result) -> {
              line.getErr().println("echo: " + failure.getMessage());
              return CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
  }
}
