package io.inmesh.examples.quickstart;

import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.examples.quickstart.shop.v1.InventoryGrpc;
import io.inmesh.examples.quickstart.shop.v1.StockReply;
import io.inmesh.examples.quickstart.shop.v1.StockRequest;
import io.inmesh.grpc.MeshServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The gRPC service {@code inventory}: says how many there are of an item. */
final class Inventory extends InventoryGrpc.InventoryImplBase {
  private final String instance;

  private Inventory(String instance) {
    this.instance = instance;
  }

  /** Serves on the port, 0 for a free one, until the process ends. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (Mesh mesh = Mesh.start(MeshConfig.builder().environment().build())) {
      Server server =
          MeshServers.builder(
                  mesh,
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])))
              .addService(new Inventory(mesh.instance()))
              .build()
              .start();
      mesh.register("grpc", 9000, server.getPort());
      server.awaitTermination();
    }
  }

  @Override
  public void stock(StockRequest request, StreamObserver<StockReply> reply) {
    reply.onNext(
        StockReply.newBuilder()
            .setCount(Math.floorMod(request.getItem().hashCode(), 100))
            .setInstance(instance)
            .build());
    reply.onCompleted();
  }
}
