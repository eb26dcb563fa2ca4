package io.inmesh;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;

/**
 * Answers probes in plaintext, because who sends them has no certificate: {@code /livez} while the
 * process runs, {@code /readyz} once it has its place in the mesh, with the reason until then. It
 * tells nothing else, so that nobody need be authorized.
 */
final class ManagementPort implements AutoCloseable {
  /** A look, not a wait. */
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  private static final int BACKLOG = 16;

  private final HttpServer server;

  private ManagementPort(HttpServer server) {
    this.server = server;
  }

  /**
   * Begins to answer.
   *
   * @param address {@code host:port}
   * @throws IllegalArgumentException if it cannot listen there
   */
  static ManagementPort open(String address, Mesh mesh) {
    int colon = address.lastIndexOf(':');
    InetSocketAddress where =
        new InetSocketAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    try {
      HttpServer server = HttpServer.create(where, BACKLOG);
      server.createContext("/livez", exchange -> answer(exchange, 200, "ok"));
      server.createContext("/readyz", exchange -> readiness(exchange, mesh));
      server.start();
      return new ManagementPort(server);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "management-address: cannot listen at " + address + " (" + e.getMessage() + ")", e);
    }
  }

  private static void readiness(HttpExchange exchange, Mesh mesh) throws IOException {
    try {
      mesh.whenReady(AT_ONCE).toCompletableFuture().get();
      answer(exchange, 200, "ok");
    } catch (ExecutionException e) {
      answer(exchange, 503, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer(exchange, 503, "the process ends");
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
