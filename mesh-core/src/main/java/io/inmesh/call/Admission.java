package io.inmesh.call;

import java.util.concurrent.CompletionStage;

/** Whether an inbound request may reach the application. */
public sealed interface Admission {
  /** It may. */
  record Allowed(InboundCall call) implements Admission {}

  /** It may not; this is the answer. */
  record Denied(LocalReply reply) implements Admission {}

  /** Not decided yet (an external decision); the stage never fails and gives one of the others. */
  record Pending(CompletionStage<Admission> result) implements Admission {}
}
