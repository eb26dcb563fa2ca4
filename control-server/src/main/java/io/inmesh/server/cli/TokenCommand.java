package io.inmesh.server.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
    name = "token",
    description = "Makes, lists and ends the tokens that let processes join.",
    mixinStandardHelpOptions = true,
    subcommands = {
      TokenCommand.Create.class,
      TokenCommand.ListAll.class,
      TokenCommand.Revoke.class
    })
final class TokenCommand extends CommandGroup {
  @Command(
      name = "create",
      description = {
        "Prints one line with what a process needs to join: the address, a token and the",
        "public key of the root. The token is shown once and stored hashed."
      },
      sortOptions = false)
  static final class Create extends AdminCommand {
    @Option(
        names = {"-n", "--namespace"},
        paramLabel = "NAME",
        defaultValue = "default",
        description = "Namespace of those who join (default: ${DEFAULT-VALUE}).")
    private String namespace = "default";

    @Option(
        names = "--service-account",
        paramLabel = "NAME",
        required = true,
        description = "Service account of those who join; by default that is the service's name.")
    private String serviceAccount = "";

    @Option(
        names = "--uses",
        paramLabel = "N",
        defaultValue = "1",
        description = "How many may join with it, 0 for any number (default: ${DEFAULT-VALUE}).")
    private int uses = 1;

    @Option(
        names = "--ttl",
        paramLabel = "DURATION",
        defaultValue = "1h",
        converter = DurationConverter.class,
        description = "How long it is good, as in 10m, 1h, 7d (default: ${DEFAULT-VALUE}).")
    private Duration ttl = Duration.ofHours(1);

    @Option(
        names = "--network",
        paramLabel = "CIDR",
        description = "Where those who join must be; may be repeated (default: anywhere).")
    private List<String> networks = new ArrayList<>();

    @Option(
        names = "--server",
        paramLabel = "HOST:PORT",
        defaultValue = "127.0.0.1:15012",
        description = "The address that the line tells (default: ${DEFAULT-VALUE}).")
    private String server = "127.0.0.1:15012";

    @Override
    public Integer call() throws CommandFailure {
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("namespace", namespace);
      body.put("serviceAccount", serviceAccount);
      body.put("uses", uses);
      body.put("ttlSeconds", ttl.toSeconds());
      body.put("networks", networks);
      JsonNode made = admin.send("POST", "/v1/tokens", body);
      admin.print(
          "INMESH_CONTROL_SERVER="
              + server
              + " INMESH_TOKEN="
              + made.path("token").asString("")
              + "\n");
      return 0;
    }
  }

  @Command(name = "list", description = "Lists the tokens.")
  static final class ListAll extends AdminCommand {
    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer = admin.get("/v1/tokens");
      Table table = new Table("TOKEN", "IDENTITY", "USED", "USES", "EXPIRES");
      for (JsonNode token : answer.path("tokens")) {
        int uses = token.path("uses").asInt();
        table.row(
            List.of(
                token.path("id").asString(""),
                token.path("identity").asString(""),
                String.valueOf(token.path("used").asInt()),
                uses == 0 ? "any" : String.valueOf(uses),
                token.path("expires").asString("")));
      }
      admin.print(answer, table);
      return 0;
    }
  }

  @Command(name = "revoke", description = "Ends a token; what has joined with it stays.")
  static final class Revoke extends AdminCommand {
    @Parameters(paramLabel = "TOKEN", description = "Its id, the part before the first dot.")
    private String id = "";

    @Override
    public Integer call() throws CommandFailure {
      JsonNode answer = admin.send("DELETE", "/v1/tokens/" + id, null);
      if (!answer.path("revoked").asBoolean()) {
        throw CommandFailure.failed("there is no token " + id);
      }
      return 0;
    }
  }
}
