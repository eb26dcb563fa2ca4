package io.inmesh.server.registry;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Knows when the connected clients have taken a change of the registry in. */
public interface PropagationGate {
  /**
   * How far a change has come.
   *
   * @param acknowledged clients that have it
   * @param watching clients that watch the service
   */
  record Reach(int acknowledged, int watching) {}

  /**
   * Completes when every client that watches the service has acknowledged the registry's snapshot
   * of this revision or a later one, at the latest after the bound; never exceptionally.
   */
  CompletionStage<Reach> await(ServiceKey service, long revision, Duration bound);
}
