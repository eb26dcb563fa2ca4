package io.inmesh.server.cli;

import io.inmesh.server.ca.CaException;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.RootKey;
import io.inmesh.server.ca.SignerRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
    name = "ca",
    description = {
      "Shows the certificate authority, renews the certificate it signs with, and replaces its"
          + " root",
      "by prepare, activate, taint, revoke: each is refused while connected clients are not ready."
    },
    mixinStandardHelpOptions = true,
    subcommands = {
      CaInitCommand.class,
      CaCommand.Status.class,
      CaCommand.Renew.class,
      CaCommand.Prepare.class,
      CaCommand.Activate.class,
      CaCommand.Taint.class,
      CaCommand.Revoke.class
    })
final class CaCommand extends CommandGroup {
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
      description = {
        "Lists the roots and where they are in their life, and connected clients that have not",
        "done what they were told."
      })
  static final class Status extends AdminCommand {
    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer = admin.get("/v1/ca");
      admin.print(answer, table(answer));
      if (admin.output == OutputFormat.TABLE && !answer.path("late").isEmpty()) {
        admin.print("\n" + late(answer));
      }
      return 0;
    }

    private static Table late(JsonNode answer) {
      Table table = new Table("BEHIND", "SINCE", "WAITED FOR UNTIL");
      for (JsonNode client : answer.path("late")) {
        table.row(
            List.of(
                client.path("client").asString(""),
                client.path("since").asString(""),
                client.path("waitedFor").asString("")));
      }
      return table;
    }
  }

  @Command(
      name = "renew",
      description = {
        "Replaces the certificate that signs for workloads, under the same root. The root's key is",
        "used here and not sent to the server; what was issued before stays good."
      })
  static final class Renew extends AdminCommand {
    @Mixin private final RootKeyOptions rootKey = new RootKeyOptions();

    @Override
    public Integer call() throws CommandFailure {
      try {
        RootKey key = RootKey.read(rootKey.required(), rootKey.passphrase());
        JsonNode asked = admin.send("POST", "/v1/ca/renewal", null);
        String certificate = key.certify(request(asked, asked.path("root").asString("")));
        JsonNode answer = admin.send("PUT", "/v1/ca/renewal", Map.of("certificate", certificate));
        admin.print(answer, table(answer));
        return 0;
      } catch (CaException e) {
        throw CommandFailure.failed(String.valueOf(e.getMessage()));
      }
    }
  }

  private static SignerRequest request(JsonNode asked, String root) {
    return new SignerRequest(
        asked.path("authority").asString(""),
        asked.path("trustDomain").asString(""),
        asked.path("request").asString(""),
        root,
        asked.path("ttlSeconds").asLong(0));
  }

  @Command(
      name = "prepare",
      description = {
        "Makes a new root that is trusted but does not sign, and prints its id. With --root-key it"
            + " is",
        "made here, and its key is in that file; without, its key is kept nowhere."
      })
  static final class Prepare extends AdminCommand {
    @Mixin private final RootKeyOptions rootKey = new RootKeyOptions();

    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer = admin.send("POST", "/v1/ca/prepare", made());
      admin.print(answer.path("prepared").asString("") + "\n");
      return 0;
    }

    /** A root and what it says of the server's new key; null: the server makes one itself. */
    private @Nullable Map<String, Object> made() throws CommandFailure {
      Path file = rootKey.file;
      if (file == null) {
        return null;
      }
      String passphrase = rootKey.requiredPassphrase();
      try {
        JsonNode asked = admin.send("POST", "/v1/ca/renewal", null);
        String root =
            RootKey.make(
                file,
                passphrase,
                asked.path("trustDomain").asString(""),
                CaOptions.DEFAULTS.rootTtl());
        RootKey key = RootKey.read(file, Optional.of(passphrase));
        return Map.of("root", root, "certificate", key.certify(request(asked, root)));
      } catch (CaException e) {
        throw CommandFailure.failed(String.valueOf(e.getMessage()));
      }
    }
  }

  /** A step of one root. */
  abstract static class Step extends AdminCommand {
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
          admin.send("POST", "/v1/ca/" + id + "/" + name() + (force ? "?force=true" : ""), null);
      admin.print(answer, table(answer));
      return 0;
    }
  }

  @Command(
      name = "activate",
      description = "Lets a prepared root sign; the one that did is old from now on.")
  static final class Activate extends Step {
    @Override
    String name() {
      return "activate";
    }
  }

  @Command(name = "taint", description = "Has the certificates of an old root replaced now.")
  static final class Taint extends Step {
    @Override
    String name() {
      return "taint";
    }
  }

  @Command(name = "revoke", description = "Ends the trust in a root that nobody needs any more.")
  static final class Revoke extends Step {
    @Override
    String name() {
      return "revoke";
    }
  }
}
