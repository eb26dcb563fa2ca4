package io.inmesh.server.ca;

/** The authority cannot do what was asked; the message says what, why and what to do. */
public final class CaException extends Exception {
  private static final long serialVersionUID = 1;

  CaException(String message) {
    super(message);
  }

  CaException(String message, Throwable cause) {
    super(message, cause);
  }
}
