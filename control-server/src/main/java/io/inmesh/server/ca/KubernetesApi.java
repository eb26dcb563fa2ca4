package io.inmesh.server.ca;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * How the API server of a cluster is reached.
 *
 * @param server its address, https
 * @param certificates of the authorities that its certificate leads to, PEM
 * @param token that the control server shows to it, read anew each time
 */
public record KubernetesApi(URI server, Path certificates, Path token) {
  private static final Path MOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  /** As a pod reaches it: through what Kubernetes mounts and sets in the environment. */
  public static KubernetesApi inCluster(Map<String, String> environment) {
    String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc");
    String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    String literal = host.indexOf(':') < 0 ? host : "[" + host + "]";
    return new KubernetesApi(
        URI.create("https://" + literal + ":" + port),
        MOUNT.resolve("ca.crt"),
        MOUNT.resolve("token"));
  }
}
