package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.peers.GrpcClients;
import io.inmesh.benchmarks.peers.HttpClients;
import io.inmesh.server.cli.EnvoyAgent;
import io.inmesh.server.cli.EnvoyBootstrap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Envoy beside the client, and beside the server too, configured by our control server over ADS;
 * one worker thread each, on the core of the application it stands beside. The applications are
 * those of the baseline: the callers' Host header says which service is meant.
 */
record EnvoySidecars(
    String name, String description, String baseline, boolean both, boolean grpc, boolean secure)
    implements Peer {
  private String service(String protocol, int port) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: default}
    spec:
      selector: {app: orders}
      ports: [{name: %s, port: 80}]
    ---
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: orders-1, namespace: default}
    spec:
      address: 127.0.0.1
      ports: {%s: %d}
      serviceAccount: %s
      labels: {app: orders}
    """
        .formatted(protocol, protocol, port, secure ? "orders" : "default");
  }

  @Override
  public Optional<String> missing() {
    return binary().isPresent()
        ? Optional.empty()
        : Optional.of("Envoy is not installed; run benchmarks/install envoy");
  }

  private static Optional<String> binary() {
    if (Environment.installed("envoy")) {
      return Optional.of("envoy");
    }
    String home = System.getProperty("user.home");
    String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", home + "/.cache");
    return Optional.of(Path.of(cache, "inmesh", "envoy", "bin", "envoy"))
        .filter(Files::isExecutable)
        .map(Path::toString);
  }

  @Override
  public PeerRun start(Environment environment) throws IOException {
    int app = Ports.free();
    int inbound = both ? Ports.free() : app;
    int outbound = Ports.free();
    PeerRun run = new PeerRun();
    Path config = ControlProcess.config(environment, name);
    String kind = grpc ? "grpc" : "http";
    if (!grpc) {
      ControlProcess.limitConnections(config);
    }
    Files.writeString(config.resolve("orders.yaml"), service(kind, inbound));
    ControlProcess.Running control = ControlProcess.start(run, environment, name, config, secure);
    Peers.server(
        run, environment, name, kind, app, Client.Settings.direct("127.0.0.1:1", "", Set.of()));
    if (both) {
      envoy(
          run,
          environment,
          Environment.SERVER_CORE,
          bootstrap(run, environment, control, "orders").inbound(loopback(inbound), loopback(app)));
    }
    envoy(
        run,
        environment,
        Environment.CLIENT_CORE,
        bootstrap(run, environment, control, "web").outbound(loopback(outbound)));
    return Peers.client(
        run,
        environment,
        name,
        grpc ? GrpcClients.ThroughProxy.class : HttpClients.ThroughProxy.class,
        Client.Settings.direct("127.0.0.1:" + outbound, "", Set.of()),
        Map.of());
  }

  /** With an identity where connections are secured; its agent is this process. */
  private EnvoyBootstrap bootstrap(
      PeerRun run, Environment environment, ControlProcess.Running control, String service)
      throws IOException {
    EnvoyBootstrap bootstrap =
        new EnvoyBootstrap(control.address(), service, "default", "1", false).label("app", service);
    if (secure) {
      Path socket = environment.directory().resolve(service + ".sock");
      run.closing(EnvoyAgent.start(control.target(), control.token(service), "1", null, socket));
      bootstrap.identity("cluster.local", socket);
    }
    return bootstrap;
  }

  private void envoy(PeerRun run, Environment environment, int core, EnvoyBootstrap bootstrap)
      throws IOException {
    Path file = Files.createTempFile(environment.directory(), name, ".json");
    Files.writeString(file, bootstrap.json());
    run.add(
        "proxies",
        environment.start(
            name,
            core,
            List.of(
                binary().orElseThrow(),
                "-c",
                file.toString(),
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "--log-level",
                "error"),
            Map.of()),
        false);
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
