package io.inmesh.server.registry;

/** The state directory cannot be used; the message says which, why and what to do. */
public final class RegistryStateException extends Exception {
  private static final long serialVersionUID = 1;

  RegistryStateException(String message) {
    super(message);
  }

  RegistryStateException(String message, Throwable cause) {
    super(message, cause);
  }
}
