package io.inmesh.spring;

import io.inmesh.http.MeshHttpClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What happens in the service that {@link OrdersServlet} and {@link OrdersHandler} serve. */
final class Orders {
  /** How often something was executed. */
  final AtomicInteger executed = new AtomicInteger();

  /** Requests that wait until they are {@link #release}d. */
  final AtomicInteger held = new AtomicInteger();

  private final MeshHttpClient client;
  private volatile CountDownLatch gate = new CountDownLatch(0);

  Orders(MeshHttpClient client) {
    this.client = client;
  }

  /** What comes waits from now on. */
  void hold() {
    held.set(0);
    gate = new CountDownLatch(1);
  }

  void release() {
    gate.countDown();
  }

  void await() {
    CountDownLatch closed = gate;
    held.incrementAndGet();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Calls the service stock, in the current context. */
  CompletableFuture<HttpResponse<String>> stock() {
    return client.sendAsync(
        HttpRequest.newBuilder(URI.create("http://stock/")).build(), BodyHandlers.ofString());
  }

  /** A body of many bytes. */
  static byte[] large(int bytes) {
    byte[] large = new byte[bytes];
    java.util.Arrays.fill(large, (byte) 'x');
    return large;
  }
}
