package io.inmesh.server.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "identity",
    description = "Bans identities and lets them in again.",
    mixinStandardHelpOptions = true,
    subcommands = {IdentityCommand.Ban.class, IdentityCommand.Unban.class})
final class IdentityCommand extends CommandGroup {
  /** A change of one identity. */
  abstract static class Change extends AdminCommand {
    @Parameters(
        paramLabel = "SPIFFE-ID",
        description = "As in spiffe://cluster.local/ns/shop/sa/cart.")
    private String id = "";

    abstract String method();

    @Override
    public Integer call() throws CommandFailure {
      admin.send(
          method(), "/v1/bans?identity=" + URLEncoder.encode(id, StandardCharsets.UTF_8), null);
      return 0;
    }
  }

  @Command(
      name = "ban",
      description = "Refuses an identity everywhere at once, on open connections too.")
  static final class Ban extends Change {
    @Override
    String method() {
      return "PUT";
    }
  }

  @Command(name = "unban", description = "Lets an identity in again.")
  static final class Unban extends Change {
    @Override
    String method() {
      return "DELETE";
    }
  }
}
