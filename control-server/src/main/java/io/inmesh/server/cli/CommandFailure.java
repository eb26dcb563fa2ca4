package io.inmesh.server.cli;

/** Ends a command with one message and an exit code. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  private CommandFailure(int exitCode, String message) {
    super(message, null, false, false);
    this.exitCode = exitCode;
  }

  static CommandFailure usage(String message) {
    return new CommandFailure(2, message);
  }

  static CommandFailure failed(String message) {
    return new CommandFailure(1, message);
  }

  int exitCode() {
    return exitCode;
  }
}
