package io.inmesh.server;

/** The server cannot start; the message says what is wrong, where, and what to do. */
public final class ControlServerException extends Exception {
  private static final long serialVersionUID = 1;

  private final boolean usage;

  private ControlServerException(boolean usage, String message, Throwable cause) {
    super(message, cause);
    this.usage = usage;
  }

  private ControlServerException(boolean usage, String message) {
    super(message);
    this.usage = usage;
  }

  static ControlServerException usage(String message) {
    return new ControlServerException(true, message);
  }

  static ControlServerException failed(String message) {
    return new ControlServerException(false, message);
  }

  static ControlServerException failed(String message, Throwable cause) {
    return new ControlServerException(false, message, cause);
  }

  /** Whether it was asked for something it does not do, rather than hindered. */
  public boolean isUsage() {
    return usage;
  }
}
