package io.inmesh.benchmarks.peers;

import com.sun.net.httpserver.HttpExchange;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.inmesh.Mesh;
import io.inmesh.benchmarks.load.Client.Feature;
import io.inmesh.benchmarks.load.Client.Settings;
import io.inmesh.grpc.MeshServers;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import tools.jackson.databind.json.JsonMapper;

/**
 * A process that answers: {@code KIND PORT SETTINGS} with the kinds {@code http}, {@code grpc},
 * {@code netty} (no mesh), {@code mesh-http}, {@code mesh-grpc} (in the mesh, registered as {@code
 * orders}). Prints {@code ready} and ends when its standard input does.
 */
public final class ServerProcess {
  private static final byte[] BODY = new byte[1024];

  private ServerProcess() {}

  /** Starts the server. */
  public static void main(String[] args) throws Exception {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]));
    Settings settings = new JsonMapper().readValue(args[2], Settings.class);
    switch (args[0]) {
      case "http" -> http(Meshes.bare(settings), address);
      case "grpc" ->
          grpc(
              NettyServerBuilder.forAddress(address, credentials(settings))
                  .addService(service())
                  .build());
      case "netty" -> NettyServer.start(address, BODY);
      case "mesh-http" -> {
        Mesh mesh = Meshes.join("orders", settings);
        http(mesh, address);
        String protocol = settings.has(Feature.HTTP2) ? "http2" : "http";
        var unused = mesh.register(protocol, 80, address.getPort());
      }
      case "mesh-grpc" -> {
        Mesh mesh = Meshes.join("orders", settings);
        grpc(MeshServers.builder(mesh, address).addService(service()).build());
        var unused = mesh.register("grpc", address.getPort(), address.getPort());
      }
      default -> throw new IllegalArgumentException("unknown kind '" + args[0] + "'");
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {
      // Lives as long as its parent keeps the pipe open.
    }
    System.exit(0);
  }

  private static ServerCredentials credentials(Settings settings) throws IOException {
    String own = settings.credentials();
    return settings.has(Feature.TLS)
        ? TlsServerCredentials.newBuilder()
            .keyManager(Credentials.file(own, "cert.pem"), Credentials.file(own, "key.pem"))
            .trustManager(Credentials.file(own, "root.pem"))
            .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
            .build()
        : InsecureServerCredentials.create();
  }

  private static void http(Mesh mesh, InetSocketAddress address) throws IOException {
    MeshHttpServer server = MeshHttpServer.create(mesh, address);
    server.createContext("/", ServerProcess::answer);
    server.setExecutor(Runnable::run); // the handler does not block
    server.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("content-type", "application/octet-stream");
    exchange.sendResponseHeaders(200, BODY.length);
    exchange.getResponseBody().write(BODY);
    exchange.close();
  }

  private static void grpc(Server server) throws IOException {
    Server unused = server.start();
  }

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("benchmark.Echo")
        .addMethod(
            Bytes.ECHO,
            ServerCalls.asyncUnaryCall(
                (request, responses) -> {
                  responses.onNext(BODY);
                  responses.onCompleted();
                }))
        .build();
  }
}
