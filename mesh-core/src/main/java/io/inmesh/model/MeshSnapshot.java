package io.inmesh.model;

import java.util.Map;

/**
 * All that one process knows of the mesh at one moment: complete, valid, immutable. A call sees
 * exactly one.
 *
 * @param generation grows by one with each snapshot
 * @param listeners client listeners by name ({@code <fqdn>:<port>}); each carries its routes
 * @param absent listener names the control server says do not exist, with what it says of them,
 *     which may be empty
 * @param clusters by name; every cluster a route may choose is here or does not exist
 * @param servers server listeners by port
 */
public record MeshSnapshot(
    long generation,
    Map<String, ClientListener> listeners,
    Map<String, String> absent,
    Map<String, Cluster> clusters,
    Map<Integer, ServerListener> servers) {
  /** Nothing known yet. */
  public static final MeshSnapshot EMPTY =
      new MeshSnapshot(0, Map.of(), Map.of(), Map.of(), Map.of());

  public MeshSnapshot {
    listeners = Map.copyOf(listeners);
    absent = Map.copyOf(absent);
    clusters = Map.copyOf(clusters);
    servers = Map.copyOf(servers);
  }
}
