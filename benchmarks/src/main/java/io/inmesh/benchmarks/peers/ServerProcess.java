package io.inmesh.benchmarks.peers;

import com.sun.net.httpserver.HttpExchange;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.inmesh.Mesh;
import io.inmesh.grpc.MeshServers;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A process that answers: {@code KIND PORT CONTROL TOKEN} with the kinds {@code http}, {@code grpc}
 * (no mesh), {@code mesh-http}, {@code mesh-grpc} (in the mesh, registered as {@code orders}).
 * Prints {@code ready} and ends when its standard input does.
 */
public final class ServerProcess {
  private static final byte[] BODY = new byte[1024];

  private ServerProcess() {}

  /** Starts the server. */
  public static void main(String[] args) throws Exception {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]));
    switch (args[0]) {
      case "http" -> http(new BareMesh("127.0.0.1:1"), address);
      case "grpc" -> grpc(NettyServerBuilder.forAddress(address).addService(service()).build());
      case "mesh-http" -> {
        Mesh mesh = Meshes.join("orders", args[2], args[3]);
        http(mesh, address);
        var unused = mesh.register("http", 80, address.getPort());
      }
      case "mesh-grpc" -> {
        Mesh mesh = Meshes.join("orders", args[2], args[3]);
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
