package io.inmesh;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call the mesh could not complete: a stable reason and what was tried. An {@link IOException},
 * so that HTTP callers handle it as they handle any failed exchange; on gRPC it is the cause of the
 * status.
 */
public class MeshException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why, with the flag that Envoy's access logs use for it. */
  public enum Reason {
    /** No such service is known to the mesh, or it was deleted. */
    NO_SUCH_SERVICE("NC"),
    /** No configuration arrived within the call's deadline. */
    NOT_READY("NC"),
    /** The host is outside the mesh and the outbound traffic policy forbids it. */
    EGRESS_DENIED("NC"),
    /** No route of the service matches. */
    NO_ROUTE("NR"),
    /** The chosen cluster does not exist. */
    NO_CLUSTER("NC"),
    /** There is no usable endpoint. */
    NO_HEALTHY_ENDPOINT("UH"),
    /** No connection could be made. */
    CONNECTION_FAILURE("UF"),
    /** An established connection broke. */
    CONNECTION_TERMINATED("UC"),
    /** The peer reset the stream. */
    REMOTE_RESET("UR"),
    /** A limit of this process's load was reached. */
    OVERFLOW("UO"),
    /** Dropped by the control plane's order. */
    DROPPED("DO"),
    /** The attempt or the whole call took too long. */
    TIMEOUT("UT"),
    /** The caller's deadline had passed. */
    DEADLINE_EXCEEDED("DT"),
    /** Nothing was sent or received for too long. */
    IDLE_TIMEOUT("SI"),
    /** Retries were used up. */
    RETRIES_EXHAUSTED("URX"),
    /** An injected fault. */
    FAULT_INJECTED("FI"),
    /** A rate limit. */
    RATE_LIMITED("RL"),
    /** Refused by policy. */
    DENIED("UAEX"),
    /** The caller gave up. */
    CANCELLED("DC"),
    /** The peer broke the protocol. */
    PROTOCOL_ERROR("UPE"),
    /** The peer could not be authenticated. */
    TLS_FAILURE("UF"),
    /** The process or the mesh is shutting down. */
    CLOSED("LR");

    private final String flag;

    Reason(String flag) {
      this.flag = flag;
    }

    /** The two- or three-letter response flag. */
    public String flag() {
      return flag;
    }
  }

  /**
   * One try.
   *
   * @param number from 1
   * @param endpoint {@code host:port}; null when none was chosen
   * @param outcome for people: a status, or what went wrong
   * @param reason null when the endpoint answered
   * @param durationNanos from its start
   */
  public record AttemptRecord(
      int number,
      @Nullable String endpoint,
      String outcome,
      @Nullable Reason reason,
      long durationNanos) {}

  private final Reason reason;
  private final transient List<AttemptRecord> attempts;

  /** A failure with its history, oldest attempt first. */
  public MeshException(
      Reason reason, String message, List<AttemptRecord> attempts, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.attempts = List.copyOf(attempts);
  }

  /** A failure before any attempt. */
  public MeshException(Reason reason, String message) {
    this(reason, message, List.of(), null);
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** What was tried, oldest first. */
  public List<AttemptRecord> attempts() {
    return attempts == null ? List.of() : attempts;
  }
}
