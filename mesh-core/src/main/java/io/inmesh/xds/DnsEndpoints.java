package io.inmesh.xds;

import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts addresses in the place of the host names in clusters. Confined to the control loop. */
final class DnsEndpoints {
  private final DnsLookups lookups;
  private Map<InetSocketAddress, InetAddress> hosts = new HashMap<>();

  DnsEndpoints(DnsLookups lookups) {
    this.lookups = lookups;
  }

  /** Nothing is needed yet in this pass. */
  void begin() {
    lookups.unmark();
    hosts = new HashMap<>();
  }

  void sweep() {
    lookups.sweep();
  }

  void close() {
    lookups.close();
  }

  /** Where the logical hosts of this pass lead now. */
  Map<InetSocketAddress, InetAddress> hosts() {
    return hosts;
  }

  /**
   * The endpoints of a cluster. Those of a logical host keep its name, so that connections outlive
   * changes of its address.
   *
   * @return null: not known yet
   */
  @Nullable EndpointsResource resolve(ClusterResource.Source.Dns dns) {
    boolean known = true;
    List<LocalityEndpoints> localities = new ArrayList<>();
    Set<InetSocketAddress> seen = new HashSet<>();
    for (LocalityEndpoints locality : dns.endpoints().localities()) {
      List<Endpoint> endpoints = new ArrayList<>();
      for (Endpoint endpoint : locality.endpoints()) {
        InetSocketAddress address = endpoint.address();
        if (!address.isUnresolved()) {
          add(endpoint, address, seen, endpoints);
          continue;
        }
        String host = address.getHostString();
        List<InetAddress> found = lookups.need(host, dns.policy());
        if (found == null) {
          known = false;
        } else if (dns.policy().logical()) {
          if (!found.isEmpty()) {
            hosts.put(address, found.get(0));
            endpoints.add(endpoint);
          }
        } else {
          for (InetAddress one : sorted(found)) {
            add(
                endpoint,
                new InetSocketAddress(named(host, one), address.getPort()),
                seen,
                endpoints);
          }
        }
      }
      localities.add(
          new LocalityEndpoints(
              locality.locality(), locality.priority(), locality.weight(), endpoints));
    }
    EndpointsResource named = dns.endpoints();
    return known
        ? new EndpointsResource(named.name(), localities, named.overprovisioning(), named.drops())
        : null;
  }

  private static void add(
      Endpoint endpoint,
      InetSocketAddress address,
      Set<InetSocketAddress> seen,
      List<Endpoint> endpoints) {
    if (seen.add(address)) {
      endpoints.add(
          new Endpoint(
              address,
              endpoint.weight(),
              endpoint.health(),
              endpoint.hostname(),
              endpoint.metadata(),
              endpoint.probing()));
    }
  }

  /** In an order that does not change when DNS rotates its answers. */
  private static List<InetAddress> sorted(List<InetAddress> addresses) {
    return addresses.stream()
        .sorted((a, b) -> Arrays.compareUnsigned(a.getAddress(), b.getAddress()))
        .toList();
  }

  /** The address with the name it was found by, which certificates are checked for. */
  private static InetAddress named(String host, InetAddress address) {
    try {
      return InetAddress.getByAddress(host, address.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address that has no length of addresses", e);
    }
  }
}
