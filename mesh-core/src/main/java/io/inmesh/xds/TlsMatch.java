package io.inmesh.xds;

import io.inmesh.model.Endpoint;
import java.util.HashMap;
import java.util.Map;

/**
 * Whether endpoints with certain metadata are secured.
 *
 * @param labels all of which an endpoint must have
 * @param secured whether connections to it are
 */
record TlsMatch(Map<String, String> labels, boolean secured) {
  TlsMatch {
    labels = Map.copyOf(labels);
  }

  boolean matches(Endpoint endpoint) {
    return endpoint.metadata().entrySet().containsAll(labels.entrySet());
  }

  /** The same endpoint, to be reached in plaintext. */
  static Endpoint plaintext(Endpoint endpoint) {
    Map<String, String> metadata = new HashMap<>(endpoint.metadata());
    metadata.put(Endpoint.PLAINTEXT.getKey(), Endpoint.PLAINTEXT.getValue());
    return new Endpoint(
        endpoint.address(),
        endpoint.weight(),
        endpoint.health(),
        endpoint.hostname(),
        metadata,
        endpoint.probing());
  }
}
