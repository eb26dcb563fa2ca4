package io.inmesh.model;

import java.net.InetSocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One instance's address.
 *
 * @param address unresolved if it is one logical host of DNS: see {@link MeshSnapshot#resolved}
 * @param weight at least 1
 * @param health as the control server sees it
 * @param hostname for TLS names and metrics; may be empty
 * @param metadata flat strings: {@code instance}, {@code version}, {@code workload}, …
 * @param probing how it is probed, where that differs from how it is called
 */
public record Endpoint(
    InetSocketAddress address,
    int weight,
    Health health,
    String hostname,
    Map<String, String> metadata,
    Probing probing) {
  /** Envoy's HealthStatus, UNKNOWN being HEALTHY. */
  public enum Health {
    HEALTHY,
    DEGRADED,
    DRAINING,
    UNHEALTHY
  }

  /**
   * How an endpoint is probed.
   *
   * @param disabled not at all: it counts as healthy
   * @param address null: where it is called
   * @param hostname the authority; empty: as the health check says
   */
  public record Probing(boolean disabled, @Nullable InetSocketAddress address, String hostname) {
    /** As the health check of its cluster says. */
    public static final Probing DEFAULT = new Probing(false, null, "");
  }

  /** Metadata of an endpoint that has no identity, in a cluster whose others have. */
  public static final Map.Entry<String, String> PLAINTEXT = Map.entry("tls", "disabled");

  /** Whether it is reached in plaintext although its cluster is secured. */
  public boolean plaintext() {
    return PLAINTEXT.getValue().equals(metadata.get(PLAINTEXT.getKey()));
  }

  /** An endpoint that is probed where it is called. */
  public Endpoint(
      InetSocketAddress address,
      int weight,
      Health health,
      String hostname,
      Map<String, String> metadata) {
    this(address, weight, health, hostname, metadata, Probing.DEFAULT);
  }

  public Endpoint {
    metadata = TextMap.of(metadata);
  }
}
