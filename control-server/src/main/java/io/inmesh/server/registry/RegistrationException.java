package io.inmesh.server.registry;

/** A registration that is refused because of what it claims. */
public final class RegistrationException extends Exception {
  private static final long serialVersionUID = 1;

  /** What kind of refusal it is. */
  public enum Reason {
    /** A field is missing or malformed. */
    INVALID,
    /** A newer registration of the same instance is in force. */
    SUPERSEDED,
    /** No such instance. */
    UNKNOWN,
    /** The registry, or the service in it, is full. */
    FULL,
    /** The caller's identity may not do this. */
    DENIED
  }

  private final Reason reason;
  private final String field;

  RegistrationException(Reason reason, String field, String message) {
    super(field.isEmpty() ? message : field + ": " + message);
    this.reason = reason;
    this.field = field;
  }

  static RegistrationException invalid(String field, String message) {
    return new RegistrationException(Reason.INVALID, field, message);
  }

  static RegistrationException superseded(InstanceKey key) {
    return new RegistrationException(
        Reason.SUPERSEDED,
        "",
        key + " was registered anew elsewhere or removed; this registration is void");
  }

  static RegistrationException full(String message) {
    return new RegistrationException(Reason.FULL, "", message);
  }

  /** The caller's identity may not do this. */
  public static RegistrationException denied(String message) {
    return new RegistrationException(Reason.DENIED, "", message);
  }

  /** Why it is refused. */
  public Reason reason() {
    return reason;
  }

  /** The path of the field at fault, for example {@code ports[0].instance_port}; may be empty. */
  public String field() {
    return field;
  }
}
