package io.inmesh.conformance;

import com.sun.net.httpserver.HttpExchange;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.Registration;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.http.MeshHttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Serves and calls itself through the mesh: the least that an HTTP-only application does. */
final class HttpOnlyApplication {
  private static final byte[] BODY = "hello".getBytes(StandardCharsets.UTF_8);

  private HttpOnlyApplication() {}

  /**
   * Prints what it was answered.
   *
   * @param arguments the control server's address
   */
  public static void main(String[] arguments) throws Exception {
    Mesh mesh =
        Mesh.start(
            MeshConfig.builder()
                .controlServer(arguments[0])
                .service("orders")
                .insecure(true)
                .build());
    MeshHttpServer server =
        MeshHttpServer.create(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.createContext("/", HttpOnlyApplication::answer);
    server.start();
    Registration registration = mesh.register("http", 80, server.getAddress().getPort());
    registration.whenRegistered().toCompletableFuture().get(15, TimeUnit.SECONDS);
    try (MeshHttpClient http = MeshHttpClient.create(mesh)) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
      String answer = "";
      while (answer.isEmpty() && System.nanoTime() < end) {
        answer = call(http);
      }
      System.out.println("answer: " + answer);
    }
    registration.close();
    server.stop(0);
    mesh.close();
  }

  private static void answer(HttpExchange exchange) throws java.io.IOException {
    exchange.sendResponseHeaders(200, BODY.length);
    exchange.getResponseBody().write(BODY);
    exchange.close();
  }

  /** Empty while the registration has not gone round yet. */
  private static String call(MeshHttpClient http) throws Exception {
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create("http://orders/")).build(),
              BodyHandlers.ofString());
      return response.statusCode() == 200 ? response.body() : "";
    } catch (java.io.IOException e) {
      return "";
    }
  }
}
