package io.inmesh.http.interop;

import com.sun.net.httpserver.HttpExchange;
import io.inmesh.http.MeshHttpServer;
import io.inmesh.model.Cluster;
import io.inmesh.testing.LoopbackMesh;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** The service {@code orders}: answers with method, target and body. */
final class EchoServer implements AutoCloseable {
  private final AtomicInteger served = new AtomicInteger();
  private final MeshHttpServer server;

  EchoServer(LoopbackMesh mesh, Cluster.Protocol protocol) throws IOException {
    server =
        MeshHttpServer.create(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.createContext("/", this::answer);
    server.start();
    mesh.join("orders", protocol, server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    served.incrementAndGet();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    String head = exchange.getRequestMethod() + " " + exchange.getRequestURI() + " ";
    all.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    exchange.getRequestBody().transferTo(all);
    boolean bodiless = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(200, bodiless ? -1 : all.size());
    if (!bodiless) {
      all.writeTo(exchange.getResponseBody());
    }
    exchange.close();
  }

  int served() {
    return served.get();
  }

  @Override
  public void close() {
    server.stop(1);
  }
}
