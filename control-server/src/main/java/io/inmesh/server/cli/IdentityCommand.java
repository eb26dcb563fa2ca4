package io.inmesh.server.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "identity",
    description = "Bans identities and lets them in again.",
    mixinStandardHelpOptions = true,
    subcommands = {IdentityCommand.Ban.class, IdentityCommand.Unban.class})
final class IdentityCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
  }

  /** A change of one identity. */
  abstract static class Change implements Callable<Integer> {
    @Mixin private AdminOptions options = new AdminOptions();

    @Parameters(
        paramLabel = "SPIFFE-ID",
        description = "As in spiffe://cluster.local/ns/shop/sa/cart.")
    private String id = "";

    abstract String method();

    @Override
    public Integer call() throws CommandFailure {
      new AdminClient(options)
          .send(
              method(), "/v1/bans?identity=" + URLEncoder.encode(id, StandardCharsets.UTF_8), null);
      return 0;
    }
  }

  @Command(
      name = "ban",
      description = "Refuses an identity everywhere at once, on open connections too.",
      mixinStandardHelpOptions = true)
  static final class Ban extends Change {
    @Override
    String method() {
      return "PUT";
    }
  }

  @Command(
      name = "unban",
      description = "Lets an identity in again.",
      mixinStandardHelpOptions = true)
  static final class Unban extends Change {
    @Override
    String method() {
      return "DELETE";
    }
  }
}
