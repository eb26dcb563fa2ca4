package io.inmesh.balance;

import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.LocalityEndpoints;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The hosts of one cluster by position, in the order of its configuration. A host is made when it
 * is first asked for, since a process watches many more than it calls. Thread-safe, lock-free.
 */
public final class HostTable {
  private final List<LocalityEndpoints> localities;
  private final Function<InetSocketAddress, EndpointState> states;

  /** The position after the last host of each locality. */
  private final int[] ends;

  /** Racy on purpose: who does not see that a host was made makes an equal one. */
  private final @Nullable Host[] hosts;

  /** Positions plus one by the hash of the address, at the next free place if that is taken. */
  private final int[] index;

  /**
   * The hosts at these endpoints.
   *
   * @param states what is known about an address, kept from earlier configurations
   */
  public HostTable(
      List<LocalityEndpoints> localities, Function<InetSocketAddress, EndpointState> states) {
    this.localities = localities;
    this.states = states;
    ends = new int[localities.size()];
    int size = 0;
    for (int i = 0; i < ends.length; i++) {
      size += localities.get(i).endpoints().size();
      ends[i] = size;
    }
    hosts = new @Nullable Host[size];
    // A power of two, at most half full.
    index = new int[Integer.highestOneBit(Math.max(1, size)) << 2];
    for (int position = 0; position < size; position++) {
      int slot = slot(address(position));
      if (index[slot] == 0) {
        index[slot] = position + 1;
      }
    }
  }

  /** These hosts. */
  static HostTable of(List<Host> hosts) {
    HostTable table =
        new HostTable(
            hosts.stream()
                .map(
                    host ->
                        new LocalityEndpoints(
                            host.locality(), host.priority(), 1, List.of(host.endpoint())))
                .toList(),
            address -> new EndpointState());
    for (int i = 0; i < table.hosts.length; i++) {
      table.hosts[i] = hosts.get(i);
    }
    return table;
  }

  /** Makes all hosts: where something judges hosts, it judges also those that nobody called. */
  public HostTable complete() {
    for (int position = 0; position < hosts.length; position++) {
      get(position);
    }
    return this;
  }

  /** What it was made of. */
  public List<LocalityEndpoints> localities() {
    return localities;
  }

  int size() {
    return hosts.length;
  }

  /** The positions of the hosts of a locality. */
  int[] positions(int locality) {
    return IntStream.range(start(locality), ends[locality]).toArray();
  }

  Host get(int position) {
    Host host = hosts[position];
    return host != null ? host : make(position);
  }

  private Host make(int position) {
    LocalityEndpoints locality = localities.get(locality(position));
    Endpoint endpoint = endpoint(position);
    Host host =
        new Host(
            endpoint, locality.locality(), locality.priority(), states.apply(endpoint.address()));
    hosts[position] = host;
    return host;
  }

  /** The host at an address, the first if there are several; null: none. */
  public @Nullable Host host(InetSocketAddress address) {
    int found = index[slot(address)];
    return found == 0 ? null : get(found - 1);
  }

  /** The health that the control server tells of an address; null: there is no such host. */
  public @Nullable Health told(InetSocketAddress address) {
    int found = index[slot(address)];
    return found == 0 ? null : told(found - 1);
  }

  /** The health that the control server tells. */
  Health told(int position) {
    int locality = locality(position);
    return localities.get(locality).endpoints().health(position - start(locality));
  }

  /** Where an address is in the index, or would be. */
  private int slot(InetSocketAddress address) {
    int hash = address.hashCode() * 0x9E3779B9;
    int slot = (hash ^ (hash >>> 16)) & (index.length - 1);
    while (index[slot] != 0 && !address(index[slot] - 1).equals(address)) {
      slot = (slot + 1) & (index.length - 1);
    }
    return slot;
  }

  private int locality(int position) {
    int locality = 0;
    while (ends[locality] <= position) {
      locality++;
    }
    return locality;
  }

  private int start(int locality) {
    return locality == 0 ? 0 : ends[locality - 1];
  }

  private InetSocketAddress address(int position) {
    Host host = hosts[position];
    int locality = locality(position);
    return host != null
        ? host.endpoint().address()
        : localities.get(locality).endpoints().address(position - start(locality));
  }

  Endpoint endpoint(int position) {
    Host host = hosts[position];
    int locality = locality(position);
    return host != null
        ? host.endpoint()
        : localities.get(locality).endpoints().get(position - start(locality));
  }

  int weight(int position) {
    int locality = locality(position);
    return Math.max(1, localities.get(locality).endpoints().weight(position - start(locality)));
  }

  /** As the control server sees it, unless this process knows better. */
  Health health(int position) {
    Host host = hosts[position];
    return host != null ? host.health() : told(position);
  }

  /** Whether a host may take requests, as far as this process can tell. */
  boolean usable(int position) {
    Host host = hosts[position];
    return host == null || host.state().usable();
  }

  /** Whether the host at a position is the same as one of another configuration. */
  boolean same(int position, HostTable other, int otherPosition) {
    LocalityEndpoints mine = localities.get(locality(position));
    LocalityEndpoints others = other.localities.get(other.locality(otherPosition));
    return mine.priority() == others.priority()
        && mine.locality().equals(others.locality())
        && endpoint(position).equals(other.endpoint(otherPosition));
  }
}
