package io.inmesh.model;

import java.net.InetAddress;
import java.net.InetSocketAddress;
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
 * @param hosts where endpoints lead whose address is a host name
 */
public record MeshSnapshot(
    long generation,
    Map<String, ClientListener> listeners,
    Map<String, String> absent,
    Map<String, Cluster> clusters,
    Map<Integer, ServerListener> servers,
    Map<InetSocketAddress, InetAddress> hosts) {
  /** Nothing known yet. */
  public static final MeshSnapshot EMPTY =
      new MeshSnapshot(0, Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  public MeshSnapshot {
    listeners = Map.copyOf(listeners);
    absent = Map.copyOf(absent);
    clusters = Map.copyOf(clusters);
    servers = Map.copyOf(servers);
    hosts = Map.copyOf(hosts);
  }

  /** A snapshot in which every endpoint has an address. */
  public MeshSnapshot(
      long generation,
      Map<String, ClientListener> listeners,
      Map<String, String> absent,
      Map<String, Cluster> clusters,
      Map<Integer, ServerListener> servers) {
    this(generation, listeners, absent, clusters, servers, Map.of());
  }

  /** Whether another snapshot says the same, whatever its generation. */
  public boolean sameAs(MeshSnapshot other) {
    return listeners.equals(other.listeners)
        && absent.equals(other.absent)
        && clusters.equals(other.clusters)
        && servers.equals(other.servers)
        && hosts.equals(other.hosts);
  }

  /** Where an endpoint's connections lead that are opened now. */
  public InetSocketAddress resolved(InetSocketAddress endpoint) {
    InetAddress address = endpoint.isUnresolved() ? hosts.get(endpoint) : null;
    return address == null ? endpoint : new InetSocketAddress(address, endpoint.getPort());
  }
}
