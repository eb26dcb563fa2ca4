package io.inmesh.balance;

import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;

/**
 * An endpoint as one configuration describes it, with what the process knows about its address.
 *
 * @param endpoint address, weight, health, metadata
 * @param locality where it runs
 * @param priority of its locality
 * @param state shared with earlier and later configurations
 */
public record Host(Endpoint endpoint, Locality locality, int priority, EndpointState state) {
  /** The load-balancing weight, at least 1. */
  public int weight() {
    return Math.max(1, endpoint.weight());
  }
}
