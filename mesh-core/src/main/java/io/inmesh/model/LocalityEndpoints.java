package io.inmesh.model;

import java.util.List;

/**
 * The endpoints of one locality at one priority.
 *
 * @param locality where
 * @param priority 0 is used first
 * @param weight among the localities of the same priority; 0: none given
 * @param endpoints in the order received
 */
public record LocalityEndpoints(Locality locality, int priority, int weight, Endpoints endpoints) {
  /** These endpoints. */
  public LocalityEndpoints(Locality locality, int priority, int weight, List<Endpoint> endpoints) {
    this(locality, priority, weight, Endpoints.of(endpoints));
  }
}
