package io.inmesh.server.compile;

import java.util.Optional;

/** Hosts as Istio's kinds write them: in full, short in the object's namespace, or wildcards. */
final class HostNames {
  private HostNames() {}

  /** The full name; {@code orders.shop} is the service of another namespace if there is one. */
  static String full(String host, String namespace, String suffix, ServiceCatalog catalog) {
    if (host.startsWith("*.")) {
      return host;
    }
    String[] parts = host.split("\\.", -1);
    if (parts.length == 1) {
      return DeclaredServices.host(host, namespace, suffix);
    }
    if (host.endsWith(".svc")) {
      return host.substring(0, host.length() - "svc".length()) + suffix;
    }
    Optional<MeshService> service =
        parts.length == 2 && catalog.byHost(host) == null
            ? catalog.find(parts[1], parts[0])
            : Optional.empty();
    return service.map(MeshService::host).orElse(host);
  }

  /** Whether a full name or wildcard stands for a host. */
  static boolean matches(String pattern, String host) {
    return pattern.startsWith("*.") ? host.endsWith(pattern.substring(1)) : pattern.equals(host);
  }
}
