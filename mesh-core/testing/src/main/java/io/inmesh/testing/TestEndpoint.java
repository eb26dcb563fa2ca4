package io.inmesh.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.inmesh.control.Randomness;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/1.1 server on loopback, of which a test says how it behaves. Thread-safe. */
public final class TestEndpoint {
  private record Behaviour(
      int status, String body, Duration latency, double failing, int failure) {}

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger toFail = new AtomicInteger();
  private final Randomness random;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "inmesh-test-endpoint");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Behaviour behaviour = new Behaviour(200, "", Duration.ZERO, 0, 503);

  TestEndpoint(Randomness random) {
    this.random = random;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Behaviour now = behaviour;
    requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
    try {
      Thread.sleep(now.latency().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    boolean fails = toFail.getAndUpdate(left -> Math.max(0, left - 1)) > 0 || unlucky(now);
    byte[] body = now.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(
        fails ? now.failure() : now.status(), body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private synchronized boolean unlucky(Behaviour now) {
    return now.failing() > 0 && random.nextDouble() < now.failing();
  }

  /** Answers this from now on. */
  public synchronized TestEndpoint answers(int status, String body) {
    Behaviour now = behaviour;
    behaviour = new Behaviour(status, body, now.latency(), now.failing(), now.failure());
    return this;
  }

  /** Answers after a time. */
  public synchronized TestEndpoint latency(Duration value) {
    Behaviour now = behaviour;
    behaviour = new Behaviour(now.status(), now.body(), value, now.failing(), now.failure());
    return this;
  }

  /** Answers a share of the requests, 0 to 1, with a status. */
  public synchronized TestEndpoint failing(double share, int status) {
    Behaviour now = behaviour;
    behaviour = new Behaviour(now.status(), now.body(), now.latency(), share, status);
    return this;
  }

  /** Answers the next requests with 503, or with what {@link #failing} names. */
  public TestEndpoint failNext(int count) {
    toFail.set(count);
    return this;
  }

  /** Cuts all connections and refuses new ones. */
  public void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** What it was asked, as {@code GET /path?query}, oldest first. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }
}
