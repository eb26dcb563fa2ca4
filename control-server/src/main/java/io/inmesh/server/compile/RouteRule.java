package io.inmesh.server.compile;

import io.inmesh.server.config.Provenance;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One rule of a table: what it takes and where that goes.
 *
 * @param name for people: {@code HTTPRoute shop/orders#canary}, with the rule's name or number
 * @param match what it takes
 * @param backends where it goes, by weight; never empty, the weights are positive
 * @param headers changes for all backends
 * @param handling what happens besides: redirect, rewrite, copies
 * @param settings limits and retries
 * @param provenance where it is written
 */
record RouteRule(
    String name,
    RequestMatch match,
    List<Backend> backends,
    HeaderEdits headers,
    Handling handling,
    RuleSettings settings,
    Provenance provenance) {

  /** The clusters it may send to, each once. */
  Set<String> clusters() {
    Set<String> clusters = new LinkedHashSet<>();
    for (Backend backend : backends) {
      if (backend instanceof Backend.Valid valid) {
        clusters.add(valid.cluster());
      }
    }
    return clusters;
  }

  /** Sends everything to the service itself. */
  static RouteRule to(
      MeshService service, MeshPort port, Handling handling, RuleSettings settings) {
    return new RouteRule(
        "default",
        RequestMatch.ANY,
        List.of(new Backend.Valid(Names.cluster(service, port), 1, HeaderEdits.NONE)),
        HeaderEdits.NONE,
        handling,
        settings,
        service.provenance());
  }
}
