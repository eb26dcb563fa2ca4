package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.load.ClientProcess;
import io.inmesh.server.cli.EnvoyBootstrap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client whose libraries cannot stand beside ours: a project of its own under {@code peers},
 * built by {@code benchmarks/install}. The server is the one of the mesh where the client takes its
 * endpoints from our control server, else the baseline's.
 */
record Foreign(String name, String description, String baseline, Project project) implements Peer {
  private static final String GENERATOR =
      Path.of(ClientProcess.class.getProtectionDomain().getCodeSource().getLocation().getPath())
          .toString();

  /** What there is to install. */
  enum Project {
    /** Endpoints are listed in its properties. */
    SPRING_CLOUD("spring-cloud", "io.inmesh.benchmarks.spring.SpringCloudClient", "http"),
    /** Takes listeners, routes, clusters and endpoints over ADS. */
    ARMERIA_HTTP("armeria", "io.inmesh.benchmarks.armeria.ArmeriaHttp", "mesh-http"),
    /** The same. */
    ARMERIA_GRPC("armeria", "io.inmesh.benchmarks.armeria.ArmeriaGrpc", "mesh-grpc");

    private final String folder;
    private final String factory;
    private final String server;

    Project(String folder, String factory, String server) {
      this.folder = folder;
      this.factory = factory;
      this.server = server;
    }

    boolean xds() {
      return server.startsWith("mesh");
    }

    private Path target() {
      return Path.of("peers", folder, "target");
    }
  }

  @Override
  public Optional<String> missing() {
    return Files.isDirectory(project.target().resolve("lib"))
        ? Optional.empty()
        : Optional.of("not installed; run benchmarks/install " + project.folder);
  }

  @Override
  public PeerRun start(Environment environment) throws IOException {
    int port = Ports.free();
    PeerRun run = new PeerRun();
    if (!project.xds()) {
      Client.Settings direct = Client.Settings.direct("127.0.0.1:" + port, "", Set.of());
      Peers.server(run, environment, name, project.server, port, direct);
      return client(run, environment, direct, Map.of());
    }
    Path config = ControlProcess.config(environment, name);
    if (project == Project.ARMERIA_HTTP) {
      ControlProcess.limitConnections(config);
    }
    ControlProcess.Running control = ControlProcess.start(run, environment, name, config, false);
    Peers.server(
        run,
        environment,
        name,
        project.server,
        port,
        Client.Settings.mesh("orders", control.target(), "", Set.of()));
    String listener =
        "orders.default.svc.cluster.local:" + (project == Project.ARMERIA_GRPC ? port : 80);
    return client(
        run,
        environment,
        Client.Settings.mesh(listener, control.target(), "", Set.of()),
        Map.of("XDS_BOOTSTRAP", bootstrap(control.address())));
  }

  private static String bootstrap(InetSocketAddress control) {
    return new EnvoyBootstrap(control, "web", "default", "1", false).json();
  }

  private PeerRun client(
      PeerRun run, Environment environment, Client.Settings settings, Map<String, String> variables)
      throws IOException {
    Path target = project.target().toAbsolutePath();
    Process process =
        environment.java(
            name + "-client",
            Environment.CLIENT_CORE,
            // This build's load generator before the one that was installed with the peer.
            String.join(":", GENERATOR, target.resolve("classes").toString(), target + "/lib/*"),
            ClientProcess.class.getName(),
            List.of(project.factory, new JsonMapper().writeValueAsString(settings)),
            variables);
    return run.add("client", process, true);
  }
}
