package io.inmesh.examples.echo;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A finished command.
 *
 * @param out its standard output
 * @param err its standard error
 */
record Run(int exitCode, String out, String err) {
  /** Runs a command in this process. */
  static Run of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Echo.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Run(exitCode, out.toString(), err.toString());
  }

  /** Its lines of JSON. */
  List<JsonNode> json() {
    return out.lines().map(Reply.JSON::readTree).toList();
  }
}
