package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.peers.HttpClients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * HAProxy as a sidecar of the client: keep-alive on both sides, one thread on the client's core.
 */
record HaProxy(String name, String description, String baseline) implements Peer {
  private static String config(int proxy, int server) {
    return String.join(
        "\n",
        "global",
        "  nbthread 1",
        "  maxconn 4096",
        "defaults",
        "  mode http",
        "  timeout connect 5s",
        "  timeout client 60s",
        "  timeout server 60s",
        "  option http-keep-alive",
        "  http-reuse always",
        "frontend outbound",
        "  bind 127.0.0.1:" + proxy,
        "  default_backend orders",
        "backend orders",
        "  balance leastconn",
        "  server orders1 127.0.0.1:" + server,
        "");
  }

  @Override
  public Optional<String> missing() {
    return Environment.installed("haproxy")
        ? Optional.empty()
        : Optional.of("haproxy is not installed; apt-get install haproxy");
  }

  @Override
  public PeerRun start(Environment environment) throws IOException {
    int port = Ports.free();
    int proxy = Ports.free();
    Path config = environment.directory().resolve("haproxy.cfg");
    Files.writeString(config, config(proxy, port));
    PeerRun run = new PeerRun();
    Peers.server(
        run, environment, name, "http", port, Client.Settings.direct("127.0.0.1:1", "", Set.of()));
    run.add(
        "proxies",
        environment.start(
            name, Environment.CLIENT_CORE, List.of("haproxy", "-f", config.toString()), Map.of()),
        false);
    return Peers.client(
        run,
        environment,
        name,
        HttpClients.EngineOff.class,
        Client.Settings.direct("127.0.0.1:" + proxy, "", Set.of()),
        Map.of());
  }
}
