package io.inmesh.server.registry;

/** How an instance is offered to its callers. */
public enum InstanceHealth {
  /** Takes calls. */
  HEALTHY,
  /** Listed, but only a last resort. */
  UNHEALTHY,
  /** Takes no new calls; what runs may finish. */
  DRAINING,
  /**
   * Its lease ran out together with those of most of its service, so that the loss is more likely
   * ours than theirs: offered as if healthy until the doubt is resolved.
   */
  UNKNOWN
}
