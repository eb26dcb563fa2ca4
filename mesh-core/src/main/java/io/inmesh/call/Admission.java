package io.inmesh.call;

import java.util.concurrent.CompletionStage;

/** Whether an inbound request may reach the application. */
public sealed interface Admission {
  /** It may. */
  record Allowed(InboundCall call) implements Admission {}

  /** It may not; this is the answer. */
  record Denied(LocalReply reply) implements Admission {}

  /**
   * It may, but a request with its idempotency key was executed before: this is the response, to be
   * written as it is. The request's body is discarded. The transport reports {@link
   * InboundCall#finish} when it has written it.
   */
  record Replayed(InboundCall call, StoredResponse response) implements Admission {}

  /**
   * Not decided yet (an external decision, or a request with the same idempotency key that is being
   * handled); the stage never fails and gives one of the others. If the caller goes away meanwhile,
   * the transport ignores what comes, but finishes the call of {@link Allowed} and {@link
   * Replayed}.
   */
  record Pending(CompletionStage<Admission> result) implements Admission {}
}
