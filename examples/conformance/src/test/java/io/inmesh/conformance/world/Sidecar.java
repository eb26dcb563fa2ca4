package io.inmesh.conformance.world;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.server.cli.EnvoyAgent;
import io.inmesh.server.cli.EnvoyBootstrap;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A real Envoy with an identity, beside an application that knows nothing of the mesh. Confined to
 * one thread.
 */
public final class Sidecar implements AutoCloseable {
  private static final String TRUST_DOMAIN = "cluster.local";

  private final Transport transport;
  private final InetSocketAddress outbound;
  private final EnvoyAgent agent;
  private final Process envoy;

  private Sidecar(
      Transport transport, InetSocketAddress outbound, EnvoyAgent agent, Process envoy) {
    this.transport = transport;
    this.outbound = outbound;
    this.agent = agent;
    this.envoy = envoy;
  }

  /** Of an application that only calls. */
  public static Sidecar start(World world, String service) throws Exception {
    return start(world, service, free(), UnaryOperator.identity());
  }

  /** Of an application that listens on a port and is called at an address. */
  public static Sidecar start(World world, String service, InetSocketAddress inbound, int port)
      throws Exception {
    return start(world, service, free(), envoy -> envoy.inbound(inbound, loopback(port)));
  }

  private static Sidecar start(
      World world,
      String service,
      InetSocketAddress outbound,
      UnaryOperator<EnvoyBootstrap> inbound)
      throws Exception {
    Path directory = Files.createTempDirectory("inmesh-envoy");
    Path socket = directory.resolve("agent.sock");
    InetSocketAddress control = world.control().xdsAddress();
    String token = world.ca().joinToken("default", service, 1, Duration.ofMinutes(5));
    EnvoyAgent agent = EnvoyAgent.start("127.0.0.1:" + control.getPort(), token, "1", null, socket);
    EnvoyBootstrap bootstrap =
        new EnvoyBootstrap(control, service, "default", "1", false)
            .label("app", service)
            .identity(TRUST_DOMAIN, socket)
            .outbound(outbound);
    Path file = directory.resolve("envoy.json");
    Files.writeString(file, inbound.apply(bootstrap).json());
    Process envoy =
        new ProcessBuilder(
                binary().orElseThrow().toString(),
                "-c",
                file.toString(),
                "--use-dynamic-base-id",
                "--concurrency",
                "1")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("envoy.log").toFile())
            .start();
    return new Sidecar(world.transport(), outbound, agent, envoy);
  }

  /** On the path, or where .ci/install-envoy puts it. */
  public static Optional<Path> binary() {
    String home = System.getProperty("user.home") + "/.cache";
    String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", home);
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator, -1)), Stream.of(cache + "/inmesh/envoy/bin"))
        .map(folder -> Path.of(folder, "envoy"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** A loopback address that nobody listens on. */
  public static InetSocketAddress free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return loopback(socket.getLocalPort());
    }
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /**
   * What the application gets when it calls a service.
   *
   * @return the HTTP status, for gRPC that of its code; 0: the Envoy does not listen yet
   */
  public int call(String service) throws Exception {
    return transport.grpc() ? grpc(service) : http(service);
  }

  /** Whether the Envoy is still there. */
  public boolean running() {
    return envoy.isAlive();
  }

  private int http(String service) throws Exception {
    HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(outbound))
            .build();
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://" + service + "/shop.Orders/Get")).build(),
              HttpResponse.BodyHandlers.ofString())
          .statusCode();
    } catch (ConnectException notYet) {
      return 0;
    }
  }

  private int grpc(String service) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(outbound).overrideAuthority(service).usePlaintext().build();
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("shop.Orders/Get")
            .build();
    try {
      var unused = ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, new byte[1]);
      return 200;
    } catch (StatusRuntimeException e) {
      return switch (e.getStatus().getCode()) {
        case PERMISSION_DENIED -> 403;
        case UNAVAILABLE -> 0;
        default -> 500;
      };
    } finally {
      channel.shutdownNow();
    }
  }

  @Override
  public void close() throws IOException {
    envoy.destroyForcibly().onExit().join();
    agent.close();
  }
}
