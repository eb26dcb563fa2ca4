package io.inmesh.conformance;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.inmesh.Mesh;
import io.inmesh.conformance.world.Bytes;
import io.inmesh.grpc.MeshChannels;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.xds.ConfigDump;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** Calls {@code orders} over HTTP and gRPC until it is killed, and says what came of it. */
final class RestartApplication {
  static final MethodDescriptor<byte[], byte[]> METHOD =
      MethodDescriptor.<byte[], byte[]>newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("shop.Orders/Get")
          .build();

  private RestartApplication() {}

  /** Takes its settings from the environment; prints a line whenever something is different. */
  public static void main(String[] arguments) throws Exception {
    Mesh mesh = Mesh.start();
    MeshHttpClient http = MeshHttpClient.create(mesh);
    ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders:9000");
    String before = "";
    while (true) {
      String now = "http " + http(http) + ", grpc " + grpc(channel) + ", " + state(mesh);
      if (!now.equals(before)) {
        System.out.println(now);
        before = now;
      }
      Thread.sleep(20);
    }
  }

  private static String http(MeshHttpClient http) throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create("http://orders/")).build();
      return String.valueOf(http.send(request, BodyHandlers.discarding()).statusCode());
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String grpc(ManagedChannel channel) {
    try {
      byte[] unused =
          ClientCalls.blockingUnaryCall(channel, METHOD, CallOptions.DEFAULT, Bytes.payload());
      return "OK";
    } catch (StatusRuntimeException e) {
      return e.getStatus().toString();
    }
  }

  /** Whether everything that is in force is from the control server, and not from before. */
  private static String state(Mesh mesh) throws Exception {
    ConfigDump dump = mesh.dump().toCompletableFuture().get();
    boolean stale =
        dump.entries().stream().anyMatch(entry -> entry.state() == ConfigDump.State.STALE);
    return stale ? "stale" : "fresh";
  }
}
