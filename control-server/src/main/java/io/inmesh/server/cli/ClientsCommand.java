package io.inmesh.server.cli;

import java.util.List;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

@Command(
    name = "clients",
    description = "Lists the connected clients and whether they have what they should.")
final class ClientsCommand extends AdminCommand {
  @Override
  public Integer call() throws CommandFailure {
    JsonNode answer = admin.get("/debug/clients");
    admin.print(answer, table(answer));
    return 0;
  }

  private static Table table(JsonNode answer) {
    Table table = new Table("CLIENT", "KIND", "VERSION", "CDS", "EDS", "LDS", "RDS", "SINCE");
    for (JsonNode client : answer.path("clients")) {
      JsonNode types = client.path("types");
      table.row(
          List.of(
              client.path("id").asString(""),
              client.path("kind").asString(""),
              client.path("version").asString(""),
              types.path("cds").path("state").asString(""),
              types.path("eds").path("state").asString(""),
              types.path("lds").path("state").asString(""),
              types.path("rds").path("state").asString(""),
              client.path("connectedSince").asString("")));
    }
    return table;
  }
}
