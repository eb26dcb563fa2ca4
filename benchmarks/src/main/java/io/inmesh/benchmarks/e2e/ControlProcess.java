package io.inmesh.benchmarks.e2e;

import io.inmesh.MeshConfig;
import io.inmesh.benchmarks.load.Client;
import io.inmesh.grpc.XdsInterop;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.MeshCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A control server as a process; off the request path, so not pinned and not counted. */
final class ControlProcess {
  private static final List<String> IDENTITIES = List.of("web", "orders");

  private ControlProcess() {}

  /**
   * One that runs.
   *
   * @param address where it serves xDS
   * @param tokens a directory of join tokens; null: it is insecure
   */
  record Running(InetSocketAddress address, @Nullable Path tokens) {
    /** Host and port. */
    String target() {
      return "127.0.0.1:" + address.getPort();
    }

    /** To join as a service; empty: none is needed. */
    String token(String service) throws IOException {
      return tokens == null ? "" : Files.readString(tokens.resolve(service));
    }
  }

  /** Arguments: the configuration directory, the port, and where tokens go if it is secure. */
  public static void main(String[] args) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    boolean insecure = args.length == 2;
    ControlServerOptions options =
        ControlServerOptions.loopback(Path.of(args[0]))
            .withXds(new InetSocketAddress(loopback, Integer.parseInt(args[1])))
            .withInsecure(insecure);
    ControlServer server =
        ControlServer.start(insecure ? options.withState(Path.of(args[0] + "-state")) : options);
    MeshCa ca = server.ca();
    if (ca != null) {
      for (String identity : IDENTITIES) {
        String token = ca.joinToken("default", identity, 0, Duration.ofHours(1));
        Files.writeString(Path.of(args[2], identity), token);
      }
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {
      // Lives as long as its parent keeps the pipe open.
    }
    server.close();
    System.exit(0);
  }

  /** Starts one with an empty configuration; services register themselves. */
  static Running start(PeerRun run, Environment environment, String name, boolean secure)
      throws IOException {
    return start(run, environment, name, config(environment, name), secure);
  }

  /** A new directory for the configuration of a peer. */
  static Path config(Environment environment, String name) throws IOException {
    return Files.createTempDirectory(environment.directory(), name + "-config");
  }

  /** What every HTTP client has: so many connections, and a long queue before them. */
  static void limitConnections(Path config) throws IOException {
    Files.writeString(
        config.resolve("connections.yaml"),
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: orders, namespace: default}
        spec:
          host: orders
          trafficPolicy:
            connectionPool:
              tcp: {maxConnections: %d}
              http: {http1MaxPendingRequests: 20000, http2MaxRequests: 20000}
        """
            .formatted(Client.CONNECTIONS));
  }

  /** Starts one with a configuration. */
  static Running start(
      PeerRun run, Environment environment, String name, Path config, boolean secure)
      throws IOException {
    int port = Ports.free();
    Path tokens =
        secure ? Files.createTempDirectory(environment.directory(), name + "-tokens") : null;
    List<String> arguments =
        tokens == null
            ? List.of(config.toString(), String.valueOf(port))
            : List.of(config.toString(), String.valueOf(port), tokens.toString());
    Process process =
        environment.java(
            name + "-control", Environment.SERVER_CORE, ControlProcess.class, arguments);
    run.add("control", process, true).ready();
    return new Running(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), tokens);
  }

  /** What stock gRPC clients need to find it. */
  static String bootstrap(String control) {
    return XdsInterop.bootstrapJson(
        MeshConfig.builder().service("web").controlServer(control).insecure(true).build());
  }
}
