package io.inmesh.model;

import java.net.InetSocketAddress;
import java.util.Map;

/**
 * One instance's address.
 *
 * @param address unresolved if it is one logical host of DNS: see {@link MeshSnapshot#resolved}
 * @param weight at least 1
 * @param health as the control server sees it
 * @param hostname for TLS names and metrics; may be empty
 * @param metadata flat strings: {@code instance}, {@code version}, {@code workload}, …
 */
public record Endpoint(
    InetSocketAddress address,
    int weight,
    Health health,
    String hostname,
    Map<String, String> metadata) {
  /** Envoy's HealthStatus, UNKNOWN being HEALTHY. */
  public enum Health {
    HEALTHY,
    DEGRADED,
    DRAINING,
    UNHEALTHY
  }

  /** Metadata of an endpoint that has no identity, in a cluster whose others have. */
  public static final Map.Entry<String, String> PLAINTEXT = Map.entry("tls", "disabled");

  /** Whether it is reached in plaintext although its cluster is secured. */
  public boolean plaintext() {
    return PLAINTEXT.getValue().equals(metadata.get(PLAINTEXT.getKey()));
  }

  public Endpoint {
    metadata = Map.copyOf(metadata);
  }
}
