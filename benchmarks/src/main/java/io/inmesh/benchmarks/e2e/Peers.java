package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.load.ClientProcess;
import io.inmesh.benchmarks.peers.GrpcClients;
import io.inmesh.benchmarks.peers.HttpClients;
import io.inmesh.benchmarks.peers.ServerProcess;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Every peer there is, in the order of the tables. */
final class Peers {
  private static final String HTTP = "transport";
  private static final String GRPC = "grpc-round-robin";
  private static final Map<String, Peer> ALL = new LinkedHashMap<>();

  static {
    add(
        new Direct(
            HTTP,
            "our HTTP transport, engine off; 1 hop",
            HTTP,
            "http",
            HttpClients.EngineOff.class));
    add(
        new Direct(
            "transport-again",
            "the same once more (A/A)",
            HTTP,
            "http",
            HttpClients.EngineOff.class));
    add(
        new InMesh(
            "inmesh",
            "MeshHttpClient and MeshHttpServer in the mesh, plaintext; 1 hop",
            HTTP,
            false));
    add(
        new Direct(
            "jdk", "the JDK's HttpClient, no mesh; 1 hop", HTTP, "http", HttpClients.Jdk.class));
    add(
        new EnvoySidecars(
            "envoy-client", "Envoy beside the client, plaintext; 2 hops", HTTP, false, false));
    add(
        new EnvoySidecars(
            "envoy-both", "Envoy on both sides, plaintext; 3 hops", HTTP, true, false));
    add(
        new HaProxy(
            "haproxy", "HAProxy beside the client, our transport on both ends; 2 hops", HTTP));
    add(
        new Direct(
            GRPC,
            "grpc-java channel, round robin, no mesh; 1 hop",
            GRPC,
            "grpc",
            GrpcClients.RoundRobin.class));
    add(
        new Direct(
            "grpc-again", "the same once more (A/A)", GRPC, "grpc", GrpcClients.RoundRobin.class));
    add(
        new InMesh(
            "inmesh-grpc",
            "mesh:/// channel and MeshServers in the mesh, plaintext; 1 hop",
            GRPC,
            true));
    add(
        new StockXds(
            "grpc-xds", "stock grpc-java xds:/// client against our control server; 1 hop", GRPC));
    add(
        new EnvoySidecars(
            "envoy-both-grpc", "Envoy on both sides, plaintext; 3 hops", GRPC, true, true));
  }

  private Peers() {}

  private static void add(Peer peer) {
    ALL.put(peer.name(), peer);
  }

  static List<Peer> all() {
    return List.copyOf(ALL.values());
  }

  /**
   * The peers named.
   *
   * @throws IllegalArgumentException naming one that does not exist
   */
  static List<Peer> named(List<String> names) {
    return names.stream().map(Peers::named).toList();
  }

  private static Peer named(String name) {
    Peer peer = ALL.get(name);
    if (peer == null) {
      throw new IllegalArgumentException(
          "no peer '" + name + "'; there are " + String.join(", ", ALL.keySet()));
    }
    return peer;
  }

  /** Adds the process that sends. */
  static PeerRun client(
      PeerRun run,
      Environment environment,
      String name,
      Class<? extends Client.Factory> factory,
      Client.Settings settings,
      Map<String, String> variables)
      throws IOException, InterruptedException {
    Process process =
        environment.java(
            name + "-client",
            Environment.CLIENT_CORE,
            ClientProcess.class,
            List.of(factory.getName(), new JsonMapper().writeValueAsString(settings)),
            variables);
    return run.add("client", process, true);
  }

  /** Adds a process that answers. */
  static PeerRun server(
      PeerRun run, Environment environment, String name, String kind, int port, String control)
      throws IOException, InterruptedException {
    Process process =
        environment.java(
            name + "-server",
            Environment.SERVER_CORE,
            ServerProcess.class,
            List.of(kind, String.valueOf(port), control, ""));
    return run.add("server", process, true);
  }

  /** A client that knows the server's address. */
  private record Direct(
      String name,
      String description,
      String baseline,
      String server,
      Class<? extends Client.Factory> factory)
      implements Peer {
    @Override
    public PeerRun start(Environment environment) throws IOException, InterruptedException {
      int port = Environment.freePort();
      PeerRun run = new PeerRun();
      Peers.server(run, environment, name, server, port, "");
      return client(
          run,
          environment,
          name,
          factory,
          new Client.Settings("127.0.0.1:" + port, "", 0, false, ""),
          Map.of());
    }
  }

  /** Client and server of ours with a control server. */
  private record InMesh(String name, String description, String baseline, boolean grpc)
      implements Peer {
    @Override
    public PeerRun start(Environment environment) throws IOException, InterruptedException {
      int port = Environment.freePort();
      PeerRun run = new PeerRun();
      String control = ControlProcess.start(run, environment, name);
      server(run, environment, name, grpc ? "mesh-grpc" : "mesh-http", port, control);
      return client(
          run,
          environment,
          name,
          grpc ? GrpcClients.InMesh.class : HttpClients.InMesh.class,
          new Client.Settings("orders", control, 0, false, ""),
          Map.of());
    }
  }

  /** gRPC's own xDS client with our control server. */
  private record StockXds(String name, String description, String baseline) implements Peer {
    @Override
    public PeerRun start(Environment environment) throws IOException, InterruptedException {
      int port = Environment.freePort();
      PeerRun run = new PeerRun();
      String control = ControlProcess.start(run, environment, name);
      server(run, environment, name, "mesh-grpc", port, control);
      return client(
          run,
          environment,
          name,
          GrpcClients.StockXds.class,
          new Client.Settings("orders.default.svc.cluster.local:" + port, control, 0, false, ""),
          Map.of("GRPC_XDS_BOOTSTRAP_CONFIG", ControlProcess.bootstrap(control)));
    }
  }
}
