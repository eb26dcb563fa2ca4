package io.inmesh.conformance.world;

import com.sun.net.httpserver.HttpExchange;
import io.inmesh.Mesh;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Serves HTTP/1.1 and HTTP/2. */
final class HttpServing implements Serving {
  private static final byte[] BODY = Bytes.payload();

  private final Instance instance;
  private final MeshHttpServer server;

  HttpServing(Instance instance, Mesh mesh) throws IOException {
    this.instance = instance;
    server =
        MeshHttpServer.create(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    long bytes;
    try (InputStream body = exchange.getRequestBody()) {
      bytes = body.transferTo(OutputStream.nullOutputStream());
    }
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    Reply reply;
    try {
      reply =
          instance.treat(
              new Seen(
                  exchange.getRequestMethod(),
                  exchange.getRequestURI().toString(),
                  headers.getOrDefault("host", ""),
                  headers,
                  instance.remainingMillis(),
                  exchange.getProtocol(),
                  exchange.getRemoteAddress().toString(),
                  bytes));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.close();
      return;
    }
    switch (reply.kind()) {
      case NONE -> {}
      case RESET -> exchange.close();
      case ANSWER -> {
        reply.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(reply.status(), BODY.length);
        exchange.getResponseBody().write(BODY);
        exchange.close();
      }
    }
  }

  @Override
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void stop(int seconds) {
    server.stop(seconds);
  }

  @Override
  public void kill() {
    server.stop(0);
  }
}
