package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.xds.Await;
import io.inmesh.xds.ScriptedControlServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One clear message for each way in which the control server is not what it should be. */
@Timeout(60)
class WrongServerTest {
  /** What is said to who waits for readiness once something is known to be wrong. */
  private static String readiness(String target, BooleanSupplier known) {
    try (Mesh mesh =
        MeshConfig.builder()
            .controlServer(target)
            .service("web")
            .dependencies(List.of("orders"))
            .insecure(true)
            .start()) {
      Await.until("something is known to be wrong", known);
      Throwable[] failure = new Throwable[1];
      assertThatThrownBy(
              () ->
                  mesh.whenReady(Duration.ofMillis(200))
                      .toCompletableFuture()
                      .get(20, TimeUnit.SECONDS))
          .rootCause()
          .isInstanceOf(MeshException.class)
          .satisfies(cause -> failure[0] = cause);
      assertThat(((MeshException) failure[0]).reason()).isEqualTo(MeshException.Reason.NOT_READY);
      return String.valueOf(failure[0].getMessage()).replace("not ready within 200 ms: ", "");
    }
  }

  private static void assertSaidOnce(String target, String expected) {
    try (Logged logged = new Logged()) {
      assertThat(readiness(target, logged::any)).isEqualTo(expected);
      assertThat(logged.messages())
          .containsExactly(expected + "; still trying, calls use what is known");
    }
  }

  @Test
  void unreachable() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    assertSaidOnce(
        "127.0.0.1:" + free, "nothing listens at '127.0.0.1:" + free + "' (connection refused)");
  }

  @Test
  void misspeltHost() {
    assertSaidOnce(
        "contrl.invalid:15012",
        "the control server's host name in 'contrl.invalid:15012' does not resolve");
  }

  @Test
  void httpServerOnThePort() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.start();
    try {
      String target = "127.0.0.1:" + http.getAddress().getPort();
      assertSaidOnce(
          target,
          "what answers at '"
              + target
              + "' speaks HTTP/1.1, not gRPC: is it the xDS port of the control server?");
    } finally {
      http.stop(0);
    }
  }

  /** A TLS server answers what it cannot read with an alert; others answer with what they like. */
  @ParameterizedTest
  @CsvSource({"15030300020246, TLS", "5353482d322e302d783a20680d0a, something else"})
  void somethingElseOnThePort(String answer, String spoken) throws Exception {
    byte[] bytes = HexFormat.of().parseHex(answer);
    try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread server = new Thread(() -> answerAll(other, bytes), "something-else");
      server.start();
      String target = "127.0.0.1:" + other.getLocalPort();
      assertSaidOnce(
          target,
          "what answers at '"
              + target
              + "' speaks "
              + spoken
              + ", not gRPC: is it the xDS port of the control server?");
    }
  }

  private static void answerAll(ServerSocket socket, byte[] bytes) {
    try {
      while (true) {
        try (Socket connection = socket.accept()) {
          connection.getOutputStream().write(bytes);
          connection.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  @Test
  void grpcServerWithoutXds() throws IOException, InterruptedException {
    Server other =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .build()
            .start();
    try {
      String target = "127.0.0.1:" + other.getPort();
      try (Logged logged = new Logged()) {
        assertThat(readiness(target, logged::any))
            .startsWith("what answers at '" + target + "' speaks gRPC but is no control server");
        assertThat(logged.messages()).hasSize(1);
      }
    } finally {
      other.shutdownNow().awaitTermination();
    }
  }

  @Test
  void refusedProcess() {
    try (ScriptedControlServer server = new ScriptedControlServer()) {
      server.refuse(Status.PERMISSION_DENIED.withDescription("no namespace for you"));
      assertSaidOnce(
          server.target(),
          "the control server at '"
              + server.target()
              + "' refuses this process: PERMISSION_DENIED: no namespace for you");
    }
  }

  @Test
  void serverThatNeverAnswers() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      assertThat(readiness("127.0.0.1:" + silent.getLocalPort(), () -> true))
          .startsWith("the control server at '127.0.0.1:" + silent.getLocalPort() + "'");
    }
  }

  @Test
  void recovery_isSaidAndReadinessFollows() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    try (Mesh mesh =
        MeshConfig.builder()
            .controlServer("127.0.0.1:" + port)
            .service("web")
            .dependencies(List.of("orders"))
            .insecure(true)
            .start()) {
      var ready = mesh.whenReady(Duration.ofSeconds(40)).toCompletableFuture();
      try (ScriptedControlServer late = new ScriptedControlServer(port)) {
        late.service(
            "orders.default.svc.cluster.local:80",
            "outbound|80||orders.default.svc.cluster.local",
            1);
        ready.get(40, TimeUnit.SECONDS);
      }
    }
  }
}
