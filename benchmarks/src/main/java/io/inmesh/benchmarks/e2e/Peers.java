package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.load.Client.Feature;
import io.inmesh.benchmarks.load.ClientProcess;
import io.inmesh.benchmarks.peers.ApacheClient;
import io.inmesh.benchmarks.peers.Credentials;
import io.inmesh.benchmarks.peers.GrpcClients;
import io.inmesh.benchmarks.peers.HttpClients;
import io.inmesh.benchmarks.peers.NettyClient;
import io.inmesh.benchmarks.peers.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** Every peer there is, in the order of the tables. */
final class Peers {
  private static final String HTTP = "transport";
  private static final String HTTP2 = "transport-h2";
  private static final String HTTPS = "transport-tls";
  private static final String GRPC = "grpc-round-robin";
  private static final String GRPCS = "grpc-tls";

  private static final Set<Feature> NONE = Set.of();
  private static final Set<Feature> TLS = Set.of(Feature.TLS);
  private static final Set<Feature> TELEMETRY = Set.of(Feature.TELEMETRY);
  private static final Set<Feature> BOTH = Set.of(Feature.TLS, Feature.TELEMETRY);
  private static final JsonMapper JSON = new JsonMapper();
  private static final Map<String, Peer> ALL = new LinkedHashMap<>();

  static {
    http();
    secureHttp();
    grpc();
  }

  private Peers() {}

  private static void http() {
    direct(HTTP, "our HTTP transport, engine off", HTTP, "http", HttpClients.EngineOff.class, NONE);
    direct(
        "transport-again",
        "the same once more (A/A)",
        HTTP,
        "http",
        HttpClients.EngineOff.class,
        NONE);
    direct("netty", "Netty's HTTP codec alone, both ends", HTTP, "netty", NettyClient.class, NONE);
    mesh("inmesh", "`MeshHttpClient` and `MeshHttpServer` in the mesh", HTTP, false, NONE);
    mesh("inmesh-telemetry", "the same with metrics and 1 % traces", HTTP, false, TELEMETRY);
    direct("jdk", "the JDK's `HttpClient`, no mesh", HTTP, "http", HttpClients.Jdk.class, NONE);
    add(
        new Foreign(
            "spring-cloud",
            "Spring's `RestClient` with Spring Cloud LoadBalancer and Resilience4j",
            HTTP,
            Foreign.Project.SPRING_CLOUD));
    add(
        new Foreign(
            "armeria",
            "Armeria's `WebClient` with armeria-xds and our control server, HTTP/2",
            HTTP2,
            Foreign.Project.ARMERIA_HTTP));
    add(new EnvoySidecars("envoy-client", "Envoy beside the client", HTTP, false, false, false));
    add(new EnvoySidecars("envoy-both", "Envoy on both sides", HTTP, true, false, false));
    add(new HaProxy("haproxy", "HAProxy beside the client, our transport on both ends", HTTP));
    direct(
        HTTP2,
        "our HTTP transport over HTTP/2, engine off",
        HTTP2,
        "http",
        HttpClients.EngineOff.class,
        Set.of(Feature.HTTP2));
    mesh("inmesh-h2", "in the mesh over HTTP/2", HTTP2, false, Set.of(Feature.HTTP2));
  }

  private static void secureHttp() {
    direct(
        HTTPS,
        "our HTTP transport with mutual TLS, engine off",
        HTTPS,
        "http",
        HttpClients.EngineOff.class,
        TLS);
    mesh("inmesh-tls", "in the mesh with mutual TLS", HTTPS, false, TLS);
    mesh("inmesh-tls-telemetry", "the same with metrics and 1 % traces", HTTPS, false, BOTH);
    add(
        new InMesh(
            "inmesh-tls-policies",
            "mutual TLS, 100 authorization rules and a JWT",
            "inmesh-tls",
            false,
            TLS,
            true));
    direct(
        "hc5-tls",
        "Apache HttpClient 5 with mutual TLS and the same histogram",
        HTTPS,
        "http",
        ApacheClient.class,
        BOTH);
    add(
        new EnvoySidecars(
            "envoy-both-tls",
            "Envoy on both sides, mutual TLS between them",
            HTTP,
            true,
            false,
            true));
  }

  private static void grpc() {
    direct(
        GRPC,
        "grpc-java channel, round robin, no mesh",
        GRPC,
        "grpc",
        GrpcClients.RoundRobin.class,
        NONE);
    direct(
        "grpc-again", "the same once more (A/A)", GRPC, "grpc", GrpcClients.RoundRobin.class, NONE);
    mesh("inmesh-grpc", "`mesh:///` channel and `MeshServers` in the mesh", GRPC, true, NONE);
    mesh("inmesh-grpc-telemetry", "the same with metrics and 1 % traces", GRPC, true, TELEMETRY);
    add(new StockXds("grpc-xds", "stock grpc-java `xds:///` client and our control server", GRPC));
    add(
        new Foreign(
            "armeria-grpc",
            "Armeria's gRPC client with armeria-xds and our control server",
            GRPC,
            Foreign.Project.ARMERIA_GRPC));
    add(new EnvoySidecars("envoy-both-grpc", "Envoy on both sides", GRPC, true, true, false));
    direct(
        GRPCS,
        "grpc-java channel with mutual TLS, no mesh",
        GRPCS,
        "grpc",
        GrpcClients.RoundRobin.class,
        TLS);
    mesh("inmesh-grpc-tls", "in the mesh with mutual TLS", GRPCS, true, TLS);
    mesh("inmesh-grpc-tls-telemetry", "the same with metrics and 1 % traces", GRPCS, true, BOTH);
    add(
        new InMesh(
            "inmesh-grpc-tls-policies",
            "mutual TLS, 100 authorization rules and a JWT",
            "inmesh-grpc-tls",
            true,
            TLS,
            true));
  }

  private static void direct(
      String name,
      String description,
      String baseline,
      String server,
      Class<? extends Client.Factory> client,
      Set<Feature> features) {
    add(new Direct(name, description, baseline, server, client, features));
  }

  private static void mesh(
      String name, String description, String baseline, boolean grpc, Set<Feature> features) {
    add(new InMesh(name, description, baseline, grpc, features, false));
  }

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
      throws IOException {
    Process process =
        environment.java(
            name + "-client",
            Environment.CLIENT_CORE,
            ClientProcess.class,
            List.of(factory.getName(), JSON.writeValueAsString(settings)),
            variables);
    return run.add("client", process, true);
  }

  /** Adds a process that answers. */
  static PeerRun server(
      PeerRun run,
      Environment environment,
      String name,
      String kind,
      int port,
      Client.Settings settings)
      throws IOException {
    Process process =
        environment.java(
            name + "-server",
            Environment.SERVER_CORE,
            ServerProcess.class,
            List.of(kind, String.valueOf(port), JSON.writeValueAsString(settings)));
    return run.add("server", process, true);
  }

  /** A client that knows the server's address. */
  private record Direct(
      String name,
      String description,
      String baseline,
      String server,
      Class<? extends Client.Factory> factory,
      Set<Feature> features)
      implements Peer {
    @Override
    public PeerRun start(Environment environment) throws IOException {
      int port = Ports.free();
      String credentials =
          features.contains(Feature.TLS)
              ? Credentials.write(environment.directory().resolve(name + "-tls"))
              : "";
      Client.Settings settings = Client.Settings.direct("127.0.0.1:" + port, credentials, features);
      PeerRun run = new PeerRun();
      Peers.server(run, environment, name, server, port, settings);
      return client(run, environment, name, factory, settings, Map.of());
    }
  }

  /**
   * Client and server of ours with a control server.
   *
   * @param policies whether the server checks rules and tokens
   */
  private record InMesh(
      String name,
      String description,
      String baseline,
      boolean grpc,
      Set<Feature> features,
      boolean policies)
      implements Peer {
    @Override
    public PeerRun start(Environment environment) throws IOException {
      PeerRun run = new PeerRun();
      Path config = ControlProcess.config(environment, name);
      String bearer = policies ? Policies.write(config) : "";
      if (!grpc) {
        ControlProcess.limitConnections(config);
      }
      ControlProcess.Running control =
          ControlProcess.start(run, environment, name, config, features.contains(Feature.TLS));
      server(
          run,
          environment,
          name,
          grpc ? "mesh-grpc" : "mesh-http",
          Ports.free(),
          settings(control, "orders"));
      return client(
          run,
          environment,
          name,
          grpc ? GrpcClients.InMesh.class : HttpClients.InMesh.class,
          settings(control, "web").withBearer(bearer),
          Map.of());
    }

    private Client.Settings settings(ControlProcess.Running control, String service)
        throws IOException {
      return Client.Settings.mesh("orders", control.target(), control.token(service), features);
    }
  }

  /** gRPC's own xDS client with our control server. */
  private record StockXds(String name, String description, String baseline) implements Peer {
    @Override
    public PeerRun start(Environment environment) throws IOException {
      int port = Ports.free();
      PeerRun run = new PeerRun();
      String control = ControlProcess.start(run, environment, name, false).target();
      server(
          run,
          environment,
          name,
          "mesh-grpc",
          port,
          Client.Settings.mesh("orders", control, "", NONE));
      return client(
          run,
          environment,
          name,
          GrpcClients.StockXds.class,
          Client.Settings.mesh("orders.default.svc.cluster.local:" + port, control, "", NONE),
          Map.of("GRPC_XDS_BOOTSTRAP_CONFIG", ControlProcess.bootstrap(control)));
    }
  }
}
