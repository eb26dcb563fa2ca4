package io.inmesh.conformance.world;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The objects that most cases need, in the namespace {@code default}. */
public final class Yaml {
  private Yaml() {}

  /**
   * A service on port 80 and, as {@code <service>-<version>}, one for each of its versions. What is
   * spoken follows from the instances.
   */
  public static String versions(String service, String... versions) {
    return Stream.concat(
            Stream.of(service(service, "app: " + service)),
            Stream.of(versions)
                .map(
                    version ->
                        service(
                            service + "-" + version, "app: " + service + ", version: " + version)))
        .collect(Collectors.joining("---\n"));
  }

  private static String service(String name, String selector) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %s}
    spec: {selector: {%s}, ports: [{port: 80}]}
    """
        .formatted(name, selector);
  }

  /**
   * An HTTPRoute of a service's name, which also holds for gRPC.
   *
   * @param rules a YAML list
   */
  public static String route(String service, String rules) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: %1$s}
    spec:
      parentRefs: [{group: "", kind: Service, name: %1$s}]
      rules:
    %2$s
    """
        .formatted(service, rules.indent(2).stripTrailing());
  }

  /**
   * A RoutePolicy for a whole service.
   *
   * @param spec YAML, without the target
   */
  public static String policy(String service, String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: RoutePolicy
    metadata: {name: %1$s}
    spec:
      targetRefs: [{kind: Service, name: %1$s}]
    %2$s
    """
        .formatted(service, spec.indent(2).stripTrailing());
  }

  /**
   * A DestinationRule of a service's name.
   *
   * @param policy YAML, the fields of {@code trafficPolicy}
   */
  public static String destination(String service, String policy) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: %1$s}
    spec:
      host: %1$s
      trafficPolicy:
    %2$s
    """
        .formatted(service, policy.indent(4).stripTrailing());
  }

  /** A DestinationRule with a subset for each of these versions of a service. */
  public static String subsets(String service, String... versions) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: %1$s-subsets}
    spec:
      host: %1$s
      subsets: [%2$s]
    """
        .formatted(
            service,
            Stream.of(versions)
                .map(version -> "{name: %1$s, labels: {version: %1$s}}".formatted(version))
                .collect(Collectors.joining(", ")));
  }

  /**
   * A VirtualService of a service's name.
   *
   * @param rules a YAML list
   */
  public static String virtualService(String service, String rules) {
    return """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: %1$s}
    spec:
      hosts: [%1$s]
      http:
    %2$s
    """
        .formatted(service, rules.indent(2).stripTrailing());
  }

  static String join(String... documents) {
    return String.join("\n---\n", documents);
  }
}
