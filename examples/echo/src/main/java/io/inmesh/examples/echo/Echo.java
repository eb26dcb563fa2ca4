package io.inmesh.examples.echo;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
    System.exit(
        run(
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            arguments));
  }

  /** Runs a sub-command: 0 all as asked, 1 something failed, 2 wrong usage. */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandLine(new Echo())
        .setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(
            (wrong, given) -> {
              CommandLine line = wrong.getCommandLine();
              err.println("echo: " + wrong.getMessage());
              err.println("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
              return CommandLine.ExitCode.USAGE;
            })
        .setExecutionExceptionHandler(
            (failure, line, result) -> {
              err.println("echo: " + failure.getMessage());
              // Settings of the mesh that are missing or wrong come from the command line, too.
              return failure instanceof IllegalArgumentException
                  ? CommandLine.ExitCode.USAGE
                  : CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
  }
}
