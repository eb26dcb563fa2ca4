package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API's experimental {@code XBackendTrafficPolicy} (GEP-3388): how callers treat Services.
 *
 * @param targetRefs Services in the policy's namespace
 * @param retries what all retries to one of them may be together; null: not said
 * @param session how calls stick to endpoints; null: not said
 */
public record BackendTrafficPolicySpec(
    List<TargetRef> targetRefs,
    @Nullable RetryConstraint retries,
    @Nullable SessionPersistence session)
    implements Spec {

  /** Copies the list. */
  public BackendTrafficPolicySpec {
    targetRefs = List.copyOf(targetRefs);
  }

  /** A Service. */
  public record TargetRef(String name, Provenance provenance) {}

  /**
   * Retries of one client are at most {@code percent} of its requests over {@code interval}, or
   * {@code minCount} in {@code minInterval} where that is more.
   */
  public record RetryConstraint(
      int percent, Duration interval, int minCount, Duration minInterval) {}
}
