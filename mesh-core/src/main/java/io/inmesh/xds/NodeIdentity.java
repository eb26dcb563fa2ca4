package io.inmesh.xds;

import io.inmesh.model.Locality;
import java.util.Map;

/**
 * Who this process is towards the control server.
 *
 * @param id {@code <service>.<namespace>/<instance>}
 * @param cluster the service
 * @param host the full name of the service
 * @param metadata {@code inmesh.version}, {@code NAMESPACE}, {@code LABELS}
 * @param version of this library
 */
public record NodeIdentity(
    String id,
    String cluster,
    String host,
    Map<String, Object> metadata,
    Locality locality,
    String version) {
  public NodeIdentity {
    metadata = Map.copyOf(metadata);
  }

  /** The resource that holds the endpoints of the service itself: Envoy's local cluster. */
  String localCluster() {
    return "inmesh.local|" + host;
  }
}
