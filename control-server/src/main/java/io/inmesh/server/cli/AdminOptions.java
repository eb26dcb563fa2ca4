package io.inmesh.server.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** The options of the commands that ask a running server. */
final class AdminOptions {
  @Option(
      names = "--admin",
      paramLabel = "URL",
      description = "Admin port of the server (default: ${DEFAULT-VALUE}).",
      defaultValue = "http://127.0.0.1:15014")
  URI admin = URI.create("http://127.0.0.1:15014");

  @Option(
      names = "--admin-secret",
      paramLabel = "FILE",
      description = {
        "File with the secret of a role: viewer.token, operator.token or ca.token in admin/ of",
        "the server's state directory (default: the value of $$INMESH_ADMIN_SECRET, if any)."
      })
  @Nullable Path secretFile;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
      defaultValue = "table")
  OutputFormat output = OutputFormat.TABLE;

  /** What shows the caller's role; empty: none. */
  String secret() throws CommandFailure {
    if (secretFile == null) {
      String secret = System.getenv("INMESH_ADMIN_SECRET");
      return secret == null ? "" : secret.strip();
    }
    try {
      return Files.readString(secretFile).strip();
    } catch (IOException e) {
      throw CommandFailure.failed("--admin-secret " + secretFile + ": cannot be read (" + e + ")");
    }
  }

  void print(@Nullable CommandSpec spec, JsonNode answer, Table table) {
    if (spec != null) {
      spec.commandLine()
          .getOut()
          .print(output == OutputFormat.JSON ? answer.toPrettyString() + "\n" : table.toString());
      spec.commandLine().getOut().flush();
    }
  }
}
