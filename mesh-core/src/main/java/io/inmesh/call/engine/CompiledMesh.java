package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.ServerTlsPolicy;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@link MeshSnapshot}, ready for calls. Immutable; a call sees exactly one. */
final class CompiledMesh {
  static final CompiledMesh EMPTY =
      new CompiledMesh(
          MeshSnapshot.EMPTY,
          Map.of(),
          Map.of(),
          Map.of(),
          Map.of(),
          EngineSettings.insecure("", ""));

  final MeshSnapshot snapshot;
  final Map<String, ServiceRoutes> services;
  final Map<String, ClusterRuntime> clusters;
  final Map<Integer, ServerRuntime> servers;

  /** How connections to each port are secured. */
  final Map<Integer, ServerTlsPolicy> serverTls = new HashMap<>();

  /** What could not be compiled and why; it keeps its previous version, if there was one. */
  final Map<String, String> problems;

  // Authorities as applications write them; one lookup for the common case.
  private final Map<String, ServiceRoutes> http = new HashMap<>();
  private final Map<String, ServiceRoutes> https = new HashMap<>();
  private final Map<String, ServiceRoutes> grpc = new HashMap<>();

  CompiledMesh(
      MeshSnapshot snapshot,
      Map<String, ServiceRoutes> services,
      Map<String, ClusterRuntime> clusters,
      Map<Integer, ServerRuntime> servers,
      Map<String, String> problems,
      EngineSettings settings) {
    this.snapshot = snapshot;
    this.services = services;
    this.clusters = clusters;
    this.servers = servers;
    this.problems = problems;
    servers.forEach((port, server) -> serverTls.put(port, server.model.tls()));
    services.forEach((name, service) -> index(name, service, settings));
  }

  private void index(String name, ServiceRoutes service, EngineSettings settings) {
    int colon = name.lastIndexOf(':');
    String host = colon < 0 ? name : name.substring(0, colon);
    String port = colon < 0 ? "" : name.substring(colon + 1);
    alias(host, port, service);
    String suffix = "." + settings.domainSuffix();
    if (host.endsWith(suffix)) {
      String inCluster = host.substring(0, host.length() - suffix.length());
      alias(inCluster, port, service);
      String own = "." + settings.namespace();
      if (inCluster.endsWith(own) && inCluster.indexOf('.') == inCluster.length() - own.length()) {
        alias(inCluster.substring(0, inCluster.length() - own.length()), port, service);
      }
    }
  }

  private void alias(String host, String port, ServiceRoutes service) {
    if (port.isEmpty()) {
      grpc.put(host, service);
      return;
    }
    String authority = host + ":" + port;
    http.put(authority, service);
    https.put(authority, service);
    grpc.put(authority, service);
    if (port.equals("80")) {
      http.put(host, service);
    } else if (port.equals("443")) {
      https.put(host, service);
    }
  }

  /** What an authority as written leads to; null: not known in this form. */
  @Nullable ServiceRoutes find(String authority, String scheme, RequestHead.Kind kind) {
    if (kind == RequestHead.Kind.GRPC) {
      return grpc.get(authority);
    }
    return (scheme.equals("https") ? https : http).get(authority);
  }

  /** Whether a host is known, on any port. */
  boolean declares(String authority) {
    return http.containsKey(authority)
        || https.containsKey(authority)
        || grpc.containsKey(authority);
  }
}
