package io.inmesh.examples.quickstart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.examples.quickstart.shop.v1.InventoryGrpc;
import io.inmesh.examples.quickstart.shop.v1.StockReply;
import io.inmesh.examples.quickstart.shop.v1.StockRequest;
import io.inmesh.grpc.MeshChannels;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** The HTTP service {@code orders}: asks {@code inventory} over gRPC. */
final class Orders {
  private final Mesh mesh;
  private final InventoryGrpc.InventoryBlockingStub inventory;
  private final String version = System.getenv().getOrDefault("INMESH_VERSION", "v1");

  private Orders(Mesh mesh, ManagedChannel channel) {
    this.mesh = mesh;
    this.inventory = InventoryGrpc.newBlockingStub(channel);
  }

  /** Serves on the port, 0 for a free one, until the process ends. */
  public static void main(String[] arguments) throws IOException {
    Mesh mesh = Mesh.start(MeshConfig.builder().environment().build());
    ManagedChannel channel = MeshChannels.builder(mesh, "mesh:///inventory").build();
    HttpServer server =
        MeshHttpServer.create(
            mesh,
            new InetSocketAddress(
                InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])));
    server.createContext("/", new Orders(mesh, channel)::handle);
    server.start();
    mesh.register("http", 80, server.getAddress().getPort());
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      int status;
      String body;
      try {
        StockReply stock = inventory.stock(StockRequest.newBuilder().setItem("book").build());
        status = 200;
        body =
            "{\"order\":1,\"version\":\"%s\",\"instance\":\"%s\",\"stock\":%d,\"inventory\":\"%s\"}"
                .formatted(version, mesh.instance(), stock.getCount(), stock.getInstance());
      } catch (StatusRuntimeException e) {
        status = 502;
        body = "{\"error\":\"inventory: %s\"}".formatted(e.getStatus());
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.getResponseHeaders().set("x-orders-version", version);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }
}
