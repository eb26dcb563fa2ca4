package io.inmesh.filter;

import io.inmesh.call.LocalReply;
import io.inmesh.call.StoredResponse;
import java.util.concurrent.CompletionStage;

/** What a filter decided about a request. */
public sealed interface Step {
  /** On to the next filter. */
  Step NEXT = new Next();

  /** On to the next filter. */
  record Next() implements Step {}

  /** This is the answer; nothing is sent or handled. */
  record Answer(LocalReply reply) implements Step {}

  /** Server side: this response, recorded before, is the answer. */
  record Replay(StoredResponse response) implements Step {}

  /**
   * Not decided yet. The stage may complete on any thread; if it fails, the request is refused.
   * Gives one of the others.
   */
  record Later(CompletionStage<Step> step) implements Step {}
}
