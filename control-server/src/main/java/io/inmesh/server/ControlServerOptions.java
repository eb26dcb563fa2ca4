package io.inmesh.server;

import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.KubernetesApi;
import io.inmesh.server.registry.RegistryOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to run a control server. Immutable; {@code with…} methods return changed copies.
 *
 * @param config the directory of YAML files; empty for a mesh of registered instances only
 * @param xds where xDS and registration are served; port 0 takes a free one
 * @param admin where the admin pages are served; port 0 takes a free one
 * @param state where the registry survives restarts; empty keeps it in memory
 * @param strict whether any error in the configuration refuses the whole change, at start the start
 * @param insecure whether plaintext without identities is meant; possible on loopback only
 * @param ca how certificates are issued; not used if insecure. The trust domain is that of the
 *     configuration
 * @param kubernetes the API server that reviews service account tokens, where such are accepted
 * @param registry how instances are kept; its state directory is not used
 */
public record ControlServerOptions(
    Optional<Path> config,
    InetSocketAddress xds,
    InetSocketAddress admin,
    Optional<Path> state,
    boolean strict,
    boolean insecure,
    CaOptions ca,
    KubernetesApi kubernetes,
    RegistryOptions registry) {
  /** Where xDS and identities are served unless told otherwise. */
  public static final int DEFAULT_XDS_PORT = 15012;

  /** Where plaintext xDS is served unless told otherwise. */
  public static final int DEFAULT_INSECURE_PORT = 15010;

  /** Where the admin pages are served unless told otherwise. */
  public static final int DEFAULT_ADMIN_PORT = 15014;

  /** A plaintext server on free loopback ports that keeps its registry in memory, for tests. */
  public static ControlServerOptions loopback(Path config) {
    return loopback(Optional.of(config));
  }

  /** The same without configuration. */
  public static ControlServerOptions loopback() {
    return loopback(Optional.empty());
  }

  private static ControlServerOptions loopback(Optional<Path> config) {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new ControlServerOptions(
        config,
        free,
        free,
        Optional.empty(),
        false,
        true,
        CaOptions.DEFAULTS,
        KubernetesApi.inCluster(System.getenv()),
        RegistryOptions.DEFAULTS);
  }

  /** With another address for xDS and registration. */
  public ControlServerOptions withXds(InetSocketAddress address) {
    return new ControlServerOptions(
        config, address, admin, state, strict, insecure, ca, kubernetes, registry);
  }

  /** With xDS and registration on another loopback port, for a server that must come back there. */
  public ControlServerOptions withXdsPort(int port) {
    return withXds(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** With another address for the admin pages. */
  public ControlServerOptions withAdmin(InetSocketAddress address) {
    return new ControlServerOptions(
        config, xds, address, state, strict, insecure, ca, kubernetes, registry);
  }

  /** With a state directory. */
  public ControlServerOptions withState(Path directory) {
    return new ControlServerOptions(
        config, xds, admin, Optional.of(directory), strict, insecure, ca, kubernetes, registry);
  }

  /** With errors of the configuration taken strictly or not. */
  public ControlServerOptions withStrict(boolean changed) {
    return new ControlServerOptions(
        config, xds, admin, state, changed, insecure, ca, kubernetes, registry);
  }

  /** With or without consent to plaintext. */
  public ControlServerOptions withInsecure(boolean changed) {
    return new ControlServerOptions(
        config, xds, admin, state, strict, changed, ca, kubernetes, registry);
  }

  /** With another way to issue certificates. */
  public ControlServerOptions withCa(CaOptions changed) {
    return new ControlServerOptions(
        config, xds, admin, state, strict, insecure, changed, kubernetes, registry);
  }

  /** With another API server of Kubernetes. */
  public ControlServerOptions withKubernetes(KubernetesApi changed) {
    return new ControlServerOptions(
        config, xds, admin, state, strict, insecure, ca, changed, registry);
  }

  /** With another way to keep instances. */
  public ControlServerOptions withRegistry(RegistryOptions changed) {
    return new ControlServerOptions(
        config, xds, admin, state, strict, insecure, ca, kubernetes, changed);
  }
}
