package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a call allocates, in bytes, over all threads of one side: the request's and the response's
 * objects of {@code java.net.http} and, through the engine, route, pick and finish included. The
 * numbers are upper bounds: tests run without the compiler that removes short-lived objects.
 */
@Timeout(120)
class AllocationTest {
  private static final int CALLS = 2000;
  private static final byte[] RESPONSE =
      ("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n"
              + "x".repeat(100))
          .getBytes(StandardCharsets.US_ASCII);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final ResourceLeakDetector.Level usual = ResourceLeakDetector.getLevel();

  /** Something done {@link #CALLS} times. */
  interface Call {
    void run() throws Exception;
  }

  @BeforeEach
  void trackNothing() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterEach
  void trackAgain() {
    ResourceLeakDetector.setLevel(usual);
  }

  @Test
  void client_allocatesLessThanTheJdks() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1);
        RawServer server = new RawServer((socket, number) -> answerAll(socket))) {
      rig.orders(server.port());
      HttpRequest request = Rig.request("/path?query=1").build();
      long ours = measure(() -> rig.client().send(request, BodyHandlers.ofString()));
      HttpClient jdk = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      HttpRequest direct =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/path?query=1"))
              .build();
      long theirs = measure(() -> jdk.send(direct, BodyHandlers.ofString()));
      report("client, HTTP/1.1, bytes per call", ours, theirs);
      assertThat(ours).isLessThan(5_600).isLessThan(theirs / 2);
    }
  }

  @Test
  void server_allocatesLittle() throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.inbound.recording = false;
      byte[] body = new byte[100];
      InetSocketAddress server =
          rig.server(
                  exchange -> {
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                  })
              .getAddress();
      byte[] request =
          "GET /path?query=1 HTTP/1.1\r\nhost: orders\r\naccept: */*\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII);
      byte[] answer = new byte[4096];
      try (RawClient client = new RawClient(server)) {
        long bytes =
            measure(
                () -> {
                  client.socket.getOutputStream().write(request);
                  int end = 0;
                  do {
                    end += client.socket.getInputStream().read(answer, end, answer.length - end);
                  } while (end < 101 || answer[end - 101] != '\n'); // the last of the head
                });
        report("server, HTTP/1.1, bytes per request", bytes, 0);
        assertThat(bytes).isLessThan(3_200);
      }
    }
  }

  @Test
  void bothSides_overHttp2() throws Exception {
    try (Rig rig = new Rig(Wire.H2C)) {
      rig.inbound.recording = false;
      byte[] body = new byte[100];
      rig.orders(
          exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      HttpRequest request = Rig.request("/path?query=1").build();
      long bytes = measure(() -> rig.client().send(request, BodyHandlers.ofString()));
      report("client and server, HTTP/2, bytes per call", bytes, 0);
      assertThat(bytes).isLessThan(11_000);
    }
  }

  private static void report(String what, long bytes, long jdk) {
    System.out.println(what + ": " + bytes + (jdk == 0 ? "" : " (the JDK's client: " + jdk + ")"));
  }

  private static long measure(Call call) throws Exception {
    run(call);
    long best = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      Map<Long, Long> before = allocated();
      run(call);
      long bytes = 0;
      for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
        bytes += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
      }
      best = Math.min(best, bytes / CALLS);
    }
    return best;
  }

  private static void run(Call call) throws Exception {
    for (int i = 0; i < CALLS; i++) {
      call.run();
    }
  }

  /** By thread; without those of the raw server. */
  private static Map<Long, Long> allocated() {
    Map<Long, Long> bytes = new HashMap<>();
    for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (thread != null && !thread.getThreadName().startsWith("raw-")) {
        bytes.put(thread.getThreadId(), THREADS.getThreadAllocatedBytes(thread.getThreadId()));
      }
    }
    return bytes;
  }

  private static void answerAll(java.net.Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    byte[] buffer = new byte[4096];
    int end = 0;
    int read;
    while ((read = in.read(buffer, end, buffer.length - end)) >= 0) {
      end += read;
      if (end >= 4 && buffer[end - 1] == '\n' && buffer[end - 3] == '\n') {
        out.write(RESPONSE);
        end = 0;
      }
    }
  }
}
