package io.inmesh.server.registry;

import java.util.Comparator;

/**
 * The service an instance says it belongs to.
 *
 * @param namespace never empty
 * @param service a DNS label
 */
public record ServiceKey(String namespace, String service) implements Comparable<ServiceKey> {
  private static final Comparator<ServiceKey> ORDER =
      Comparator.comparing(ServiceKey::namespace).thenComparing(ServiceKey::service);

  @Override
  public int compareTo(ServiceKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + service;
  }
}
