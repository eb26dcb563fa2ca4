package io.inmesh.server.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

@Command(
    name = "services",
    description = "Lists the services of the mesh and how many instances answer for them.")
final class ServicesCommand extends AdminCommand {
  @Override
  public Integer call() throws CommandFailure {
    JsonNode answer = admin.get("/v1/services");
    admin.print(answer, table(answer));
    return 0;
  }

  private static Table table(JsonNode answer) {
    Table table = new Table("HOST", "PORT", "ENDPOINTS", "HEALTH", "VERSIONS");
    for (JsonNode service : answer.path("services")) {
      for (JsonNode port : service.path("ports")) {
        table.row(
            List.of(
                service.path("host").asString(""),
                port.path("port").asString(""),
                port.path("endpoints").asString(""),
                counts(port.path("health")),
                counts(service.path("versions"))));
      }
    }
    return table;
  }

  private static String counts(JsonNode object) {
    List<String> parts = new ArrayList<>();
    object
        .properties()
        .forEach(
            e -> parts.add((e.getKey().isEmpty() ? "-" : e.getKey()) + ":" + e.getValue().asInt()));
    return String.join(" ", parts);
  }
}
