package io.inmesh.call.engine;

import io.inmesh.filter.FilterChain;
import io.inmesh.model.Route;
import org.jspecify.annotations.Nullable;

/**
 * What applies to inbound requests of one route.
 *
 * @param route null: no route, only the listener's own filters
 * @param chain its filters
 * @param guards those of them that decide who may send a request
 */
record ServerPlan(@Nullable Route route, FilterChain chain, FilterChain guards) {
  ServerPlan(@Nullable Route route, FilterChain chain) {
    this(route, chain, chain.guards());
  }

  /** No policy at all. */
  static final ServerPlan OPEN = new ServerPlan(null, FilterChain.EMPTY);
}
