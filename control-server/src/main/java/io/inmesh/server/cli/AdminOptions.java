package io.inmesh.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** The options of the commands that ask a running server, and what all of them do with these. */
final class AdminOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

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

  /** Asks the server. */
  JsonNode get(String path) throws CommandFailure {
    return new AdminClient(this).send("GET", path, null);
  }

  /**
   * Has the server do something.
   *
   * @param body sent as JSON; null: none
   */
  JsonNode send(String method, String path, @Nullable Map<String, Object> body)
      throws CommandFailure {
    return new AdminClient(this).send(method, path, body);
  }

  /** Prints an answer in the format asked for. */
  void print(JsonNode answer, Table table) {
    print(output == OutputFormat.JSON ? answer.toPrettyString() + "\n" : table.toString());
  }

  /** Prints a text as it is. */
  void print(String text) {
    if (command != null) {
      PrintWriter out = command.commandLine().getOut();
      out.print(text);
      out.flush();
    }
  }
}
