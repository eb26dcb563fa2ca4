package io.inmesh.server.config;

import java.util.Map;

/**
 * Istio {@code security.istio.io PeerAuthentication}: what connections workloads accept.
 *
 * @param labels of the workloads; empty: all of the namespace, or of the mesh if it is the root
 *     namespace
 * @param mode of all ports that have none of their own
 * @param ports modes by the number of the workload's port; only with labels
 */
public record PeerAuthenticationSpec(
    Map<String, String> labels, Mode mode, Map<Integer, Mode> ports) implements Spec {
  /** What is accepted. */
  public enum Mode {
    /** As the wider scope says. */
    UNSET,
    /** Plaintext only. */
    DISABLE,
    /** Mutual TLS and plaintext. */
    PERMISSIVE,
    /** Mutual TLS only. */
    STRICT
  }

  /** Copies the maps. */
  public PeerAuthenticationSpec {
    labels = Map.copyOf(labels);
    ports = Map.copyOf(ports);
  }
}
