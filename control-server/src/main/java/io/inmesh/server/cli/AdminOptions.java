package io.inmesh.server.cli;

import java.net.URI;
import picocli.CommandLine.Option;

/** The options of the commands that ask a running server. */
final class AdminOptions {
  @Option(
      names = "--admin",
      paramLabel = "URL",
      description = "Admin port of the server (default: ${DEFAULT-VALUE}).",
      defaultValue = "http://127.0.0.1:15014")
  URI admin = URI.create("http://127.0.0.1:15014");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
      defaultValue = "table")
  OutputFormat output = OutputFormat.TABLE;
}
