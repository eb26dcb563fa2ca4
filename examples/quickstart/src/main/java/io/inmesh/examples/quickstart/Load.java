package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A closed loop of callers outside the mesh that ask {@code web}; each answer goes into the {@link
 * Tally} of the moment. Thread-safe.
 */
final class Load implements AutoCloseable {
  private final HttpClient client;
  private final HttpRequest request;
  private final List<Thread> callers = new ArrayList<>();
  private volatile Tally tally = new Tally("warm-up");
  private volatile boolean running = true;

  Load(URI target, int concurrency) {
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    request = HttpRequest.newBuilder(target).timeout(Duration.ofSeconds(10)).build();
    for (int i = 0; i < concurrency; i++) {
      Thread caller = new Thread(this::call, "caller-" + i);
      caller.setDaemon(true);
      callers.add(caller);
    }
  }

  void start() {
    callers.forEach(Thread::start);
  }

  /** Counts into another tally from now on and returns it. */
  Tally begin(String phase) {
    Tally next = new Tally(phase);
    tally = next;
    return next;
  }

  private void call() {
    while (running) {
      // A request belongs to the phase in which it began.
      Tally current = tally;
      current.started();
      long start = System.nanoTime();
      try {
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        current.answered(
            response.statusCode(),
            response.headers().firstValue("x-orders-version").orElse("?"),
            System.nanoTime() - start,
            response.body());
      } catch (IOException e) {
        current.answered(0, "?", System.nanoTime() - start, e.toString());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  @Override
  public void close() {
    running = false;
    for (Thread caller : callers) {
      try {
        caller.join(10_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
