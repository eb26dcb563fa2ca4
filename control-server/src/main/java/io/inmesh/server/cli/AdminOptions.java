package io.inmesh.server.cli;

import io.inmesh.server.ca.AdminRoots;
import io.inmesh.server.ca.CaException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
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
      defaultValue = "https://127.0.0.1:15014")
  URI admin = URI.create("https://127.0.0.1:15014");

  @Option(
      names = "--admin-secret",
      paramLabel = "FILE",
      description = {
        "File with the secret of a role: viewer.token, operator.token or ca.token in admin/ of",
        "the server's state directory (default: the value of $$INMESH_ADMIN_SECRET, if any)."
      })
  @Nullable Path secretFile;

  @Option(
      names = "--admin-roots",
      paramLabel = "FILE",
      description = {
        "What the server is known by: roots.pem in admin/ of its state directory (default: beside",
        "the secret, else $$INMESH_ADMIN_ROOTS, else of this user's servers on this machine)."
      })
  @Nullable Path rootsFile;

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

  /** TLS towards the server that is meant. */
  SSLContext tls() throws CommandFailure {
    List<Path> roots = roots();
    if (roots.isEmpty()) {
      throw CommandFailure.usage(
          "--admin "
              + admin
              + ": its certificate cannot be checked without its roots; expected --admin-roots"
              + " FILE, admin/roots.pem of its state directory (one that serves --insecure is asked"
              + " as http://HOST:PORT)");
    }
    try {
      return AdminRoots.trust(roots);
    } catch (CaException e) {
      throw CommandFailure.failed("--admin-roots " + e.getMessage());
    }
  }

  private List<Path> roots() {
    if (rootsFile != null) {
      return List.of(rootsFile);
    }
    if (secretFile != null) {
      Path beside = secretFile.resolveSibling("roots.pem");
      if (Files.exists(beside)) {
        return List.of(beside);
      }
    }
    String named = System.getenv("INMESH_ADMIN_ROOTS");
    return named != null
        ? List.of(Path.of(named))
        : StateDirectory.all(System.getenv(), System.getProperty("user.home")).stream()
            .map(AdminRoots::file)
            .filter(Files::exists)
            .toList();
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
