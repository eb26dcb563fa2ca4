package io.inmesh.server.compile;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The rules for requests to one service port.
 *
 * @param service called
 * @param port called
 * @param clients it is for
 * @param rules in the order in which they are tried; a request none takes is answered with 404
 */
record RouteTable(MeshService service, MeshPort port, Clients clients, List<RouteRule> rules) {

  /** Of the clients; empty for all that have no table of their own. */
  String clientNamespace() {
    return clients.namespace();
  }

  /** The clusters its rules may send to. */
  Set<String> clusters() {
    Set<String> clusters = new LinkedHashSet<>();
    rules.forEach(rule -> clusters.addAll(rule.clusters()));
    return clusters;
  }
}
