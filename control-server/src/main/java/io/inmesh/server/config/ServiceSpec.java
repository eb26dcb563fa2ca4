package io.inmesh.server.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Kubernetes {@code v1 Service}.
 *
 * @param ports at least one unless {@code type} is {@code ExternalName}
 * @param selector labels a workload must carry to answer for the service; empty selects none
 * @param type {@code ClusterIP} (default), {@code NodePort}, {@code LoadBalancer} or {@code
 *     ExternalName}; only the last one differs for us
 * @param externalName the DNS name behind a service of type {@code ExternalName}, else empty
 * @param clusterIp as written, {@code None} for a headless service; else empty
 * @param publishNotReadyAddresses whether instances that are not ready are published as healthy
 * @param trafficDistribution {@code PreferClose}, {@code PreferSameZone}, {@code PreferSameNode},
 *     or empty for no preference
 */
public record ServiceSpec(
    List<Port> ports,
    Map<String, String> selector,
    String type,
    String externalName,
    String clusterIp,
    boolean publishNotReadyAddresses,
    String trafficDistribution)
    implements Spec {

  /** Copies the collections. */
  public ServiceSpec {
    ports = List.copyOf(ports);
    selector = Map.copyOf(selector);
  }

  /** The port with this number. */
  public Optional<Port> port(int number) {
    return ports.stream().filter(port -> port.port() == number).findFirst();
  }

  /**
   * One port of a service.
   *
   * @param name empty only if it is the only port
   * @param port the number clients use
   * @param targetPort where instances listen
   * @param appProtocol for example {@code http}, {@code grpc}, {@code kubernetes.io/h2c}; empty if
   *     the port's name should tell
   * @param protocol {@code TCP}, {@code UDP} or {@code SCTP}
   * @param provenance where it is written
   */
  public record Port(
      String name,
      int port,
      PortTarget targetPort,
      String appProtocol,
      String protocol,
      Provenance provenance) {}

  /**
   * A port of an instance, by number or by name.
   *
   * @param number the number, or 0 if it is given by name
   * @param name the name, or empty if it is given by number
   */
  public record PortTarget(int number, String name) {
    /** As written. */
    @Override
    public String toString() {
      return name.isEmpty() ? Integer.toString(number) : name;
    }
  }
}
