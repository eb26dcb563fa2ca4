package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A closed loop of callers outside the mesh that ask {@code web}; each answer goes into the {@link
 * Tally} of the moment. Thread-safe.
 *
 * <p>Uses the plainest client of the JDK: it costs a third of {@code java.net.http}'s, and the load
 * shares the machine with what it measures.
 */
final class Load implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;

  private final URI target;
  private final List<Thread> callers = new ArrayList<>();
  private volatile Tally tally = new Tally("warm-up");
  private volatile boolean running = true;

  Load(URI target, int concurrency) {
    this.target = target;
    // Connections kept between requests; read when the first one is made.
    System.setProperty("http.maxConnections", Integer.toString(concurrency));
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
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        int status = connection.getResponseCode();
        String version = connection.getHeaderField("x-orders-version");
        current.answered(
            status, version == null ? "?" : version, System.nanoTime() - start, body(connection));
      } catch (IOException e) {
        current.answered(0, "?", System.nanoTime() - start, e.toString());
      }
    }
  }

  private static String body(HttpURLConnection connection) throws IOException {
    try (InputStream in =
        connection.getResponseCode() >= 400
            ? connection.getErrorStream()
            : connection.getInputStream()) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() {
    running = false;
    for (Thread caller : callers) {
      try {
        caller.join(TIMEOUT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
