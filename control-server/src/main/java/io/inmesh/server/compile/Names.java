package io.inmesh.server.compile;

import java.util.Optional;

/** Names of resources on the wire. */
final class Names {
  /** Requests for a backend that is not valid end here: a cluster without endpoints. */
  static final String INVALID_BACKEND = "inmesh.invalid-backend";

  /** The key of our metadata on clusters, routes and endpoints. */
  static final String METADATA = "inmesh";

  private Names() {}

  /** Of the client listener and of its routes. */
  static String listener(MeshService service, MeshPort port) {
    return service.host() + ":" + port.number();
  }

  /** Of the cluster and of its endpoints. */
  static String cluster(MeshService service, MeshPort port) {
    return cluster(service, port, "");
  }

  /** Of the cluster of a subset and of its endpoints; an empty subset is the whole service. */
  static String cluster(MeshService service, MeshPort port, String subset) {
    return "outbound|" + port.number() + "|" + subset + "|" + service.host();
  }

  /** Of the cluster of a service's own endpoints, where others may take its calls over. */
  static String own(String cluster) {
    return "own|" + cluster;
  }

  /** The parts of a cluster's name; empty: it is none of a service. */
  static Optional<ClusterName> parse(String cluster) {
    String[] parts = cluster.split("\\|", -1);
    return parts.length == 4 && parts[0].equals("outbound")
        ? Optional.of(new ClusterName(Integer.parseInt(parts[1]), parts[2], parts[3]))
        : Optional.empty();
  }

  /** Of the client listener that leads to a cluster; empty if that is for a rule to say. */
  static Optional<String> listener(String cluster) {
    return parse(cluster)
        .filter(name -> name.subset().isEmpty())
        .map(name -> name.host() + ":" + name.port());
  }

  /** Of a service's endpoints as its own instances see them, who count one another. */
  static String localCluster(MeshService service) {
    return "inmesh.local|" + service.host();
  }

  /** What a cluster's name says. */
  record ClusterName(int port, String subset, String host) {}

  /** In the place of a port: those that nothing knows of. */
  static final int ANY_PORT = 0;

  /** Of the server listener our library and our bootstrap ask for. */
  static String serverListener(int port) {
    return "inmesh/server?listener=0.0.0.0:" + port;
  }

  /** Of the server listener that the usual template of gRPC bootstraps yields. */
  static String grpcServerListener(int port) {
    return "grpc/server?xds.resource.listening_address=0.0.0.0:" + port;
  }
}
