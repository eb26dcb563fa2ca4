package io.inmesh.server.compile;

import java.util.List;

/**
 * Whom a variant of a resource is for: {@code grpc}, {@code grpc/shop} (those of one namespace), or
 * {@code *} where the class does not matter. A resource that is the same for all clients has the
 * single view {@link #ALL}.
 *
 * @param clients the capability class, or {@code *} for every class
 * @param namespace of the client, or empty for every namespace
 */
public record View(String clients, String namespace) implements Comparable<View> {
  private static final String ANY = "*";

  /** Every client. */
  public static final View ALL = new View(ANY, "");

  /** Clients of one class, wherever they are. */
  static View of(CapabilityClass clients) {
    return new View(clients.id(), "");
  }

  /** The same clients, but only those of one namespace; empty for all. */
  View in(String clientNamespace) {
    return new View(clients, clientNamespace);
  }

  /**
   * The views a client of this class and namespace looks at, the first that has the resource wins:
   * what is meant for its namespace goes before what is meant for all.
   */
  public static List<View> lookupOrder(CapabilityClass clients, String namespace) {
    return List.of(
        new View(clients.id(), namespace), new View(ANY, namespace), of(clients), View.ALL);
  }

  @Override
  public int compareTo(View other) {
    int byClients = clients.compareTo(other.clients);
    return byClients != 0 ? byClients : namespace.compareTo(other.namespace);
  }

  @Override
  public String toString() {
    return namespace.isEmpty() ? clients : clients + "/" + namespace;
  }
}
