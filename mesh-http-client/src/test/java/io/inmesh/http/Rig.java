package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.http.netty.PoolStats;
import io.inmesh.http.netty.TransportSettings;
import io.inmesh.http.server.ServerSettings;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestAuthority;
import io.inmesh.testing.TestRoute;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A client, the real engine and servers on loopback; {@link #close} checks that nothing leaked. */
final class Rig implements AutoCloseable {
  static final TestAuthority AUTHORITY = new TestAuthority();
  static final String CLIENT = "spiffe://cluster.local/ns/default/sa/client";
  static final String SERVER = "spiffe://cluster.local/ns/default/sa/server";

  final Wire wire;
  final MeshEngine engine;
  final TlsMaterial clientTls;
  final TlsMaterial serverTls;
  final OpenInbound inbound;
  private final List<MeshHttpServer> servers = new ArrayList<>();
  private @Nullable MeshHttpClient client;
  List<StringMatch> peers = List.of();
  TlsParameters parameters = TlsParameters.DEFAULT;
  ConnectionPolicy connections = ConnectionPolicy.DEFAULT;
  Duration connectTimeout = Duration.ofSeconds(20);
  TransportSettings clientSettings = TransportSettings.DEFAULT;
  ServerSettings serverSettings = ServerSettings.DEFAULT;

  Rig(Wire wire) {
    this.wire = wire;
    clientTls = wire.tls ? AUTHORITY.material(CLIENT) : new TlsMaterial();
    serverTls = wire.tls ? AUTHORITY.material(SERVER) : new TlsMaterial();
    inbound = new OpenInbound(serverTls);
    if (wire.tls) {
      inbound.tlsPolicy = ServerTlsPolicy.STRICT;
    }
    engine = MeshEngine.builder(EngineSettings.insecure("web", "default")).tls(clientTls).build();
  }

  MeshHttpClient client() {
    if (client == null) {
      client = MeshHttpClient.builder(engine).settings(clientSettings).build();
    }
    return client;
  }

  /** A server on a free port, not part of any service yet. */
  MeshHttpServer server(HttpHandler handler) throws IOException {
    return server(0, handler);
  }

  MeshHttpServer server(int port, HttpHandler handler) throws IOException {
    MeshHttpServer.Builder builder = MeshHttpServer.builder(inbound).settings(serverSettings);
    MeshHttpServer server = builder.build();
    bind(server, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    server.createContext("/", handler);
    server.start();
    servers.add(server);
    return server;
  }

  /** A port that was free a moment ago may be a client's for a while. */
  private static void bind(MeshHttpServer server, InetSocketAddress address) throws IOException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      try {
        server.bind(address, 0);
        return;
      } catch (IOException inUse) {
        if (address.getPort() == 0 || System.nanoTime() > until) {
          throw inUse;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }

  /** The service "orders" is these servers. */
  void orders(MeshHttpServer... instances) {
    orders(Arrays.stream(instances).mapToInt(server -> server.getAddress().getPort()).toArray());
  }

  void orders(int... ports) {
    update(ports, route -> route);
  }

  void update(int[] ports, UnaryOperator<TestRoute> route) {
    Endpoint[] endpoints =
        Arrays.stream(ports)
            .mapToObj(port -> Snapshots.endpoint("127.0.0.1", port))
            .toArray(Endpoint[]::new);
    Cluster cluster = cluster(endpoints);
    MeshSnapshot snapshot =
        Snapshots.builder()
            .cluster(cluster)
            .routes("orders", 80, route.apply(TestRoute.any().to(cluster.name())))
            .build();
    engine.update(snapshot);
  }

  /** A cluster as the wire wants it. */
  Cluster cluster(Endpoint... endpoints) {
    String name = Snapshots.clusterName("orders", 80);
    Cluster plain = Snapshots.cluster(name, "orders", Snapshots.local(endpoints));
    return new Cluster(
        name,
        plain.service(),
        plain.localities(),
        plain.overprovisioning(),
        plain.drops(),
        plain.balancer(),
        connectTimeout,
        wire.protocol,
        plain.breakers(),
        null,
        wire.tls
            ? new TlsPolicy(
                TlsPolicy.Mode.MESH, peers, Map.of(), List.of(), null, null, null, parameters)
            : null,
        null,
        null,
        connections);
  }

  /** A service of one server with a handler. */
  void orders(HttpHandler handler) throws IOException {
    orders(server(handler));
  }

  static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://orders" + path));
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client().send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, HttpRequest.BodyPublisher body)
      throws IOException, InterruptedException {
    return client().send(request(path).POST(body).build(), HttpResponse.BodyHandlers.ofString());
  }

  int connectionsOfServers() {
    return servers.stream().mapToInt(server -> server.acceptor().connections()).sum();
  }

  PoolStats stats() {
    return client().transport().stats().join();
  }

  static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("condition within 40 s").isLessThan(until);
      try {
        Thread.sleep(2);
      } catch (InterruptedException stopped) {
        throw new AssertionError(stopped);
      }
    }
  }

  /** Nothing is in flight, waiting or busy. */
  void assertQuiet() {
    await(engine::idle);
    await(() -> stats().active() == 0 && stats().waiting() == 0);
    await(() -> inbound.inFlight.get() == 0);
  }

  @Override
  public void close() {
    try {
      assertQuiet();
    } finally {
      client().shutdownNow();
      servers.forEach(server -> server.stop(0));
    }
  }

  /** Answers with method, path and body. */
  static final HttpHandler ECHO =
      exchange -> {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String text = exchange.getRequestMethod() + " " + exchange.getRequestURI() + " ";
        byte[] head = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("X-Protocol", exchange.getProtocol());
        exchange.sendResponseHeaders(200, head.length + body.length);
        exchange.getResponseBody().write(head);
        exchange.getResponseBody().write(body);
        exchange.close();
      };
}
