package io.inmesh.benchmarks.footprint;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.benchmarks.peers.Bytes;
import io.inmesh.grpc.MeshChannels;
import io.inmesh.http.MeshHttpClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * A fresh JVM that joins and calls {@code orders} once: {@code http|grpc CONTROL}. Prints the
 * milliseconds from before {@link Mesh#start} to the first answer.
 */
final class FirstCall {
  private FirstCall() {}

  public static void main(String[] args) throws Exception {
    long start = System.nanoTime();
    Mesh mesh =
        Mesh.start(
            MeshConfig.builder().service("web").controlServer(args[1]).insecure(true).build());
    if (args[0].equals("http")) {
      http(mesh);
    } else {
      grpc(mesh);
    }
    System.out.println((System.nanoTime() - start) / 1e6);
    System.exit(0);
  }

  private static void http(Mesh mesh) throws IOException, InterruptedException {
    HttpClient client = MeshHttpClient.create(mesh);
    HttpResponse<byte[]> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://orders/")).build(),
            HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw new IOException("orders answered " + response.statusCode());
    }
  }

  private static void grpc(Mesh mesh) {
    Channel channel = MeshChannels.builder(mesh, "mesh:///orders").build();
    var unused =
        ClientCalls.blockingUnaryCall(channel, Bytes.ECHO, CallOptions.DEFAULT, new byte[0]);
  }
}
