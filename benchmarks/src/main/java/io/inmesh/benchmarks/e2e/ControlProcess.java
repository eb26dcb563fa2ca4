package io.inmesh.benchmarks.e2e;

import io.inmesh.MeshConfig;
import io.inmesh.grpc.XdsInterop;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A control server as a process; off the request path, so not pinned and not counted. */
final class ControlProcess {
  private ControlProcess() {}

  /** Arguments: the configuration directory and the port. */
  public static void main(String[] args) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    ControlServer server =
        ControlServer.start(
            ControlServerOptions.loopback(Path.of(args[0]))
                .withXds(new InetSocketAddress(loopback, Integer.parseInt(args[1]))));
    System.out.println("ready");
    while (System.in.read() >= 0) {
      // Lives as long as its parent keeps the pipe open.
    }
    server.close();
    System.exit(0);
  }

  /** Starts one with defaults only; services register themselves. Gives host and port. */
  static String start(PeerRun run, Environment environment, String name)
      throws IOException, InterruptedException {
    Path config = Files.createDirectories(environment.directory().resolve("config"));
    return "127.0.0.1:" + start(run, environment, name, config).getPort();
  }

  /** Starts one with a configuration. */
  static InetSocketAddress start(PeerRun run, Environment environment, String name, Path config)
      throws IOException, InterruptedException {
    int port = Environment.freePort();
    Process process =
        environment.java(
            name + "-control",
            Environment.SERVER_CORE,
            ControlProcess.class,
            List.of(config.toString(), String.valueOf(port)));
    run.add("control", process, true);
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** What stock gRPC clients need to find it. */
  static String bootstrap(String control) {
    return XdsInterop.bootstrapJson(
        MeshConfig.builder().service("web").controlServer(control).insecure(true).build());
  }
}
