package io.inmesh.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A handler that answers when a test lets it. */
final class Gate implements HttpHandler {
  final CountDownLatch entered = new CountDownLatch(1);
  final CountDownLatch open = new CountDownLatch(1);

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    entered.countDown();
    await(open);
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  /** Waits in a handler until a test lets it go on; not for ever, should the test fail. */
  static void await(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
