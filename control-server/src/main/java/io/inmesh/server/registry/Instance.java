package io.inmesh.server.registry;

import io.inmesh.model.Locality;
import java.util.List;
import java.util.SortedMap;

/**
 * What an instance claims about itself, validated and with defaults resolved.
 *
 * @param key its identity in the registry
 * @param address an IP literal, never a wildcard address
 * @param ports at least one
 * @param labels with {@code app} and {@code version} filled in where known; unmodifiable
 * @param locality where it runs
 * @param weight at least 1
 * @param health what it last said; never {@link InstanceHealth#UNKNOWN}
 * @param identity its SPIFFE ID, as proven when it registered; empty: none
 */
public record Instance(
    InstanceKey key,
    String address,
    List<InstancePort> ports,
    SortedMap<String, String> labels,
    Locality locality,
    int weight,
    InstanceHealth health,
    String identity) {

  Instance withHealth(InstanceHealth changed) {
    return new Instance(key, address, ports, labels, locality, weight, changed, identity);
  }

  /** With the identity that was proven. */
  public Instance withIdentity(String proven) {
    return new Instance(key, address, ports, labels, locality, weight, health, proven);
  }
}
