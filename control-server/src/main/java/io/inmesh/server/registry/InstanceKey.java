package io.inmesh.server.registry;

import java.util.Comparator;

/**
 * What identifies an instance: its service and an id that is unique in it and survives reconnects.
 *
 * @param namespace never empty
 * @param service a DNS label
 * @param id chosen by the instance
 */
public record InstanceKey(String namespace, String service, String id)
    implements Comparable<InstanceKey> {
  private static final Comparator<InstanceKey> ORDER =
      Comparator.comparing(InstanceKey::namespace)
          .thenComparing(InstanceKey::service)
          .thenComparing(InstanceKey::id);

  /** The service this instance belongs to. */
  public ServiceKey serviceKey() {
    return new ServiceKey(namespace, service);
  }

  @Override
  public int compareTo(InstanceKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + service + "/" + id;
  }
}
