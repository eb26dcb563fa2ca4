package io.inmesh.probe;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.inmesh.balance.ProbeAnswer;
import io.inmesh.balance.ProbeAnswer.Kind;
import io.inmesh.balance.ProbeTarget;
import io.inmesh.balance.Prober;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.HealthCheck.Probe;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StatusRange;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes over real sockets. */
@Timeout(60)
class NetworkProberTest {
  private static final List<StatusRange> OK = List.of(new StatusRange(200, 299));

  private final ThreadControlLoop loop = new ThreadControlLoop("test-control");
  private final TlsMaterial tls = new TlsMaterial();
  private final NetworkProber prober = new NetworkProber(loop, tls, address -> address);

  @AfterEach
  void close() {
    loop.execute(prober::close);
    loop.close();
  }

  private Prober.Session open(Probe probe, int port, boolean reuse) throws Exception {
    return open(probe, port, reuse, null);
  }

  private Prober.Session open(Probe probe, int port, boolean reuse, @Nullable TlsPolicy policy)
      throws Exception {
    ProbeTarget target =
        new ProbeTarget(
            probe,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            policy,
            "orders",
            reuse);
    CompletableFuture<Prober.Session> opened = new CompletableFuture<>();
    loop.execute(() -> opened.complete(prober.open(target)));
    return opened.get(30, TimeUnit.SECONDS);
  }

  private ProbeAnswer ask(Prober.Session session) throws Exception {
    CompletableFuture<ProbeAnswer> answer = new CompletableFuture<>();
    loop.execute(() -> session.ask(answer::complete));
    return answer.get(30, TimeUnit.SECONDS);
  }

  private ProbeAnswer ask(Probe probe, int port) throws Exception {
    return ask(open(probe, port, true));
  }

  private static Probe get(String path) {
    return new Probe.Http(path, "", OK, List.of(new StatusRange(429, 429)), false);
  }

  /** Answers {@code /<status>} with that, and notes hosts and connections. */
  private static final class Web implements AutoCloseable {
    final Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
    final Set<String> hosts = ConcurrentHashMap.newKeySet();
    private final HttpServer server;

    Web() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            connections.add(exchange.getRemoteAddress());
            hosts.add(exchange.getRequestHeaders().getFirst("host"));
            String path = exchange.getRequestURI().getPath();
            if (path.contains("degraded")) {
              exchange.getResponseHeaders().set("x-envoy-degraded", "");
            }
            byte[] body = new byte[20_000];
            exchange.sendResponseHeaders(Integer.parseInt(path.substring(1, 4)), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      server.start();
    }

    int port() {
      return server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/200, HEALTHY",
    "/201, HEALTHY",
    "/200-degraded, DEGRADED",
    "/302, UNHEALTHY",
    "/404, UNHEALTHY",
    "/503, UNHEALTHY",
    "/429, FAILED"
  })
  void http_statusDecides(String path, Kind kind) throws Exception {
    try (Web web = new Web()) {
      assertThat(ask(get(path), web.port()).kind()).isEqualTo(kind);
      assertThat(web.hosts).containsExactly("orders");
    }
  }

  /** The server goes on listening; nobody asks again. */
  @ParameterizedTest
  @ValueSource(strings = {"web", "orders"})
  void connection_endsWithTheCertificateOfEitherSide(String shorter) throws Exception {
    TestAuthority authority = new TestAuthority();
    Instant soon = Instant.now().plusSeconds(6).truncatedTo(ChronoUnit.SECONDS);
    Map<String, Svid> svids = new HashMap<>();
    for (String name : List.of("web", "orders")) {
      String id = "spiffe://cluster.local/ns/shop/sa/" + name;
      svids.put(
          name,
          name.equals(shorter)
              ? authority.svid(id, soon.minusSeconds(60), soon)
              : authority.svid(id));
    }
    tls.update(svids.get("web"), authority.bundle());
    TlsMaterial orders = new TlsMaterial();
    orders.update(svids.get("orders"), authority.bundle());
    TlsGeneration own = requireNonNull(orders.server(ServerTlsPolicy.STRICT).generation());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()}, null);
    try (SSLServerSocket server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setNeedClientAuth(true);
      TlsPolicy any = new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null);
      Prober.Session session = open(get("/200"), server.getLocalPort(), true, any);
      CompletableFuture<ProbeAnswer> answer = new CompletableFuture<>();
      loop.execute(() -> session.ask(answer::complete));
      try (Socket connection = server.accept()) {
        connection.setSoTimeout(20_000);
        BufferedReader request =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
        while (!request.readLine().isEmpty()) {
          // up to the end of its head
        }
        connection
            .getOutputStream()
            .write(
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(ProbeAnswer.HEALTHY);
        assertThat(request.readLine()).as("the prober's end of the connection").isNull();
      }
      assertThat(Instant.now()).isAfterOrEqualTo(soon.minusMillis(5));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void connection_isReused_ifWanted(boolean reuse) throws Exception {
    try (Web web = new Web()) {
      Prober.Session session = open(get("/200"), web.port(), reuse);
      for (int i = 0; i < 3; i++) {
        assertThat(ask(session).kind()).isEqualTo(Kind.HEALTHY);
      }
      assertThat(web.connections).hasSize(reuse ? 1 : 3);
    }
  }

  @Test
  void endedServer_isAFailure_alsoOnAKeptConnection() throws Exception {
    int port;
    Prober.Session session;
    try (Web web = new Web()) {
      port = web.port();
      session = open(get("/200"), port, true);
      assertThat(ask(session).kind()).isEqualTo(Kind.HEALTHY);
    }
    assertThat(ask(session).kind()).isEqualTo(Kind.FAILED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "http", "grpc"})
  void closedPort_isAFailure(String kind) throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Probe probe =
        switch (kind) {
          case "tcp" -> new Probe.Tcp("", List.of());
          case "http" -> get("/200");
          default -> new Probe.Grpc("", "");
        };
    assertThat(ask(probe, port).kind()).isEqualTo(Kind.FAILED);
  }

  @Test
  void withoutIdentity_nothingGoesOutInPlaintext() throws Exception {
    try (Web web = new Web()) {
      ProbeTarget target =
          new ProbeTarget(
              get("/200"),
              new InetSocketAddress(InetAddress.getLoopbackAddress(), web.port()),
              new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null),
              "orders",
              true);
      CompletableFuture<ProbeAnswer> answer = new CompletableFuture<>();
      loop.execute(() -> prober.open(target).ask(answer::complete));
      assertThat(answer.get(30, TimeUnit.SECONDS).kind()).isEqualTo(Kind.FAILED);
      assertThat(web.connections).isEmpty();
    }
  }

  @Test
  void close_givesUp_andALaterQuestionConnectsAnew() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Prober.Session session = open(get("/200"), silent.getLocalPort(), true);
      CompletableFuture<ProbeAnswer> never = new CompletableFuture<>();
      loop.execute(() -> session.ask(never::complete));
      try (Socket first = silent.accept()) {
        loop.execute(session::close);
        while (first.getInputStream().read() >= 0) {
          // until the prober has closed
        }
        CompletableFuture<ProbeAnswer> answer = new CompletableFuture<>();
        loop.execute(() -> session.ask(answer::complete));
        try (Socket second = silent.accept()) {
          second
              .getOutputStream()
              .write("HTTP/1.1 204 \r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          assertThat(answer.get(30, TimeUnit.SECONDS).kind()).isEqualTo(Kind.HEALTHY);
        }
      }
      assertThat(never).isNotDone();
    }
  }

  // ---- TCP ----

  @ParameterizedTest
  @CsvSource({"PONG, HEALTHY", "PING and PONG, HEALTHY", "PINK, FAILED"})
  void tcp_answerHoldsWhatIsExpected(String answer, Kind kind) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      CompletableFuture<ProbeAnswer> asked = new CompletableFuture<>();
      Prober.Session session =
          open(new Probe.Tcp("PING", List.of("PO", "G")), server.getLocalPort(), false);
      loop.execute(() -> session.ask(asked::complete));
      try (Socket socket = server.accept()) {
        assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("PING");
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        socket.shutdownOutput();
        assertThat(asked.get(30, TimeUnit.SECONDS).kind()).isEqualTo(kind);
      }
    }
  }

  // ---- gRPC ----

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** Serves the service {@code up}, does not serve others, and does not know {@code unknown}. */
  private static Server health() throws IOException {
    MethodDescriptor<byte[], byte[]> check =
        MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .build();
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            InsecureServerCredentials.create())
        .addService(
            ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(
                    check,
                    (call, headers) -> {
                      call.request(2);
                      return new ServerCall.Listener<byte[]>() {
                        @Override
                        public void onMessage(byte[] request) {
                          answer(call, new String(request, StandardCharsets.UTF_8));
                        }
                      };
                    })
                .build())
        .build()
        .start();
  }

  private static void answer(ServerCall<byte[], byte[]> call, String request) {
    if (request.endsWith("unknown")) {
      call.close(Status.NOT_FOUND, new Metadata());
      return;
    }
    call.sendHeaders(new Metadata());
    call.sendMessage(new byte[] {8, (byte) (request.equals("\n\2up") ? 1 : 2)});
    call.close(Status.OK, new Metadata());
  }

  @ParameterizedTest
  @CsvSource({"up, HEALTHY", "down, UNHEALTHY", "unknown, UNHEALTHY", "'', UNHEALTHY"})
  void grpc_servingStatusDecides(String service, Kind kind) throws Exception {
    Server server = health();
    try {
      Prober.Session session = open(new Probe.Grpc(service, ""), server.getPort(), true);
      assertThat(ask(session).kind()).isEqualTo(kind);
      assertThat(ask(session).kind()).as("once more on the same connection").isEqualTo(kind);
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void grpc_otherProtocol_isAFailure() throws Exception {
    try (Web web = new Web()) {
      assertThat(ask(new Probe.Grpc("", ""), web.port()).kind()).isEqualTo(Kind.FAILED);
    }
  }
}
