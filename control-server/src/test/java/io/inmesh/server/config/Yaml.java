package io.inmesh.server.config;

import java.util.List;

/** Objects as text, for tests. */
final class Yaml {

  private Yaml() {}

  static String object(String apiVersion, String kind, String name, String spec) {
    return "apiVersion: "
        + apiVersion
        + "\nkind: "
        + kind
        + "\nmetadata: {name: "
        + name
        + "}\nspec:\n"
        + spec.indent(2);
  }

  static String service(String name, String spec) {
    return object("v1", "Service", name, spec);
  }

  /** A service with one port. */
  static String service(String name, int port) {
    return service(name, "ports: [{port: " + port + "}]");
  }

  static String httpRoute(String name, String rules) {
    return object(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        name,
        "parentRefs: [{group: '', kind: Service, name: s}]\nrules:\n" + rules);
  }

  static String grpcRoute(String name, String rules) {
    return object(
        "gateway.networking.k8s.io/v1",
        "GRPCRoute",
        name,
        "parentRefs: [{group: '', kind: Service, name: s}]\nrules:\n" + rules);
  }

  static String policy(String name, String spec) {
    return object(
        "inmesh.io/v1alpha1",
        "RoutePolicy",
        name,
        "targetRefs: [{kind: HTTPRoute, name: r}]\n" + spec);
  }

  static String entry(String name, String spec) {
    return object("networking.istio.io/v1", "ServiceEntry", name, spec);
  }

  static String defaults(String name, String spec) {
    return object("inmesh.io/v1alpha1", "MeshDefaults", name, spec);
  }

  /** The findings about a text, without positions. */
  static List<String> check(String yaml) {
    return ConfigLoader.parse("f.yaml", yaml).findings().stream()
        .map(finding -> finding.toString().replaceFirst("^f.yaml:\\d+:\\d+: ", ""))
        .toList();
  }
}
