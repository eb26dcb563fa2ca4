package io.inmesh.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "services",
    description = "Lists the services of the mesh and how many instances answer for them.",
    mixinStandardHelpOptions = true)
final class ServicesCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private AdminOptions options = new AdminOptions();

  @Override
  public Integer call() throws CommandFailure {
    JsonNode answer = new AdminClient(options).get("/v1/services");
    if (spec != null) {
      spec.commandLine()
          .getOut()
          .print(
              options.output == OutputFormat.JSON ? answer.toPrettyString() + "\n" : table(answer));
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private static String table(JsonNode answer) {
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
    return table.toString();
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
