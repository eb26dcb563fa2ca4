package io.inmesh.server.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "ca",
    description = {
      "Shows the certificate authority and replaces its root: prepare, activate, taint, revoke.",
      "Each step is refused while connected clients are not ready for it."
    },
    mixinStandardHelpOptions = true,
    subcommands = {
      CaCommand.Status.class,
      CaCommand.Prepare.class,
      CaCommand.Activate.class,
      CaCommand.Taint.class,
      CaCommand.Revoke.class
    })
final class CaCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
  }

  private static Table table(JsonNode answer) {
    Table table = new Table("AUTHORITY", "PHASE", "SIGNS UNTIL", "ROOT UNTIL");
    for (JsonNode authority : answer.path("authorities")) {
      table.row(
          List.of(
              authority.path("id").asString(""),
              authority.path("phase").asString(""),
              authority.path("signerExpires").asString(""),
              authority.path("rootExpires").asString("")));
    }
    return table;
  }

  @Command(
      name = "status",
      description = "Lists the roots and where they are in their life.",
      mixinStandardHelpOptions = true)
  static final class Status implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private AdminOptions options = new AdminOptions();

    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer = new AdminClient(options).get("/v1/ca");
      options.print(spec, answer, table(answer));
      return 0;
    }
  }

  @Command(
      name = "prepare",
      description = "Makes a new root that is trusted but does not sign, and prints its id.",
      mixinStandardHelpOptions = true)
  static final class Prepare implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private AdminOptions options = new AdminOptions();

    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer = new AdminClient(options).send("POST", "/v1/ca/prepare", null);
      if (spec != null) {
        spec.commandLine().getOut().println(answer.path("prepared").asString(""));
        spec.commandLine().getOut().flush();
      }
      return 0;
    }
  }

  /** A step of one root. */
  abstract static class Step implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private AdminOptions options = new AdminOptions();

    @Parameters(paramLabel = "AUTHORITY", description = "Its id, as 'inmesh ca status' shows.")
    private String id = "";

    @Option(
        names = "--force",
        description = "Even if connected clients are not ready: those are cut off.")
    private boolean force;

    abstract String name();

    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer =
          new AdminClient(options)
              .send("POST", "/v1/ca/" + id + "/" + name() + (force ? "?force=true" : ""), null);
      options.print(spec, answer, table(answer));
      return 0;
    }
  }

  @Command(
      name = "activate",
      description = "Lets a prepared root sign; the one that did is old from now on.",
      mixinStandardHelpOptions = true)
  static final class Activate extends Step {
    @Override
    String name() {
      return "activate";
    }
  }

  @Command(
      name = "taint",
      description = "Has the certificates of an old root replaced now.",
      mixinStandardHelpOptions = true)
  static final class Taint extends Step {
    @Override
    String name() {
      return "taint";
    }
  }

  @Command(
      name = "revoke",
      description = "Ends the trust in a root that nobody needs any more.",
      mixinStandardHelpOptions = true)
  static final class Revoke extends Step {
    @Override
    String name() {
      return "revoke";
    }
  }
}
