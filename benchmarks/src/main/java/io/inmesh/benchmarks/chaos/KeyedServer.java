package io.inmesh.benchmarks.chaos;

import com.sun.net.httpserver.HttpExchange;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.ServicePort;
import io.inmesh.benchmarks.peers.Bytes;
import io.inmesh.grpc.MeshServers;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that executes: {@code CONTROL ADDRESS INSTANCE HTTP-PORT GRPC-PORT FILE}. To execute a
 * request is to append its body's first line to the file, which survives the process. Prints {@code
 * ready} when others can call it.
 */
final class KeyedServer {
  private static final int THREADS = 16;

  /** Between execution and response, so that kills hit requests there, too. */
  private static final long WORK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final OutputStream executions;

  private KeyedServer(Path file) throws IOException {
    executions = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  public static void main(String[] args) throws Exception {
    KeyedServer server = new KeyedServer(Path.of(args[5]));
    Mesh mesh =
        MeshConfig.builder()
            .service("orders")
            .controlServer(args[0])
            .address(args[1])
            .instance(args[2])
            .insecure(true)
            .start();
    InetSocketAddress http = local(args[3]);
    InetSocketAddress grpc = local(args[4]);
    server.http(mesh, http);
    server.grpc(mesh, grpc);
    mesh.register(
            new ServicePort("http", "http", 80, http.getPort()),
            new ServicePort("http2", "http2", 8080, http.getPort()),
            new ServicePort("grpc", "grpc", 9000, grpc.getPort()))
        .whenRegistered()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    System.out.println("ready");
    while (System.in.read() >= 0) {
      // Lives as long as its parent keeps the pipe open.
    }
    System.exit(0);
  }

  private static InetSocketAddress local(String port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
  }

  private void http(Mesh mesh, InetSocketAddress address) throws IOException {
    MeshHttpServer server = MeshHttpServer.create(mesh, address);
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newFixedThreadPool(THREADS));
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] key = execute(exchange.getRequestBody().readAllBytes());
    exchange.sendResponseHeaders(200, key.length);
    exchange.getResponseBody().write(key);
    exchange.close();
  }

  private void grpc(Mesh mesh, InetSocketAddress address) throws IOException {
    Server unused =
        MeshServers.builder(mesh, address)
            .addService(
                ServerServiceDefinition.builder("benchmark.Echo")
                    .addMethod(
                        Bytes.ECHO,
                        ServerCalls.asyncUnaryCall(
                            (request, responses) -> {
                              responses.onNext(execute(request));
                              responses.onCompleted();
                            }))
                    .build())
            .build()
            .start();
  }

  /** Writes the key down in one piece and answers it. */
  private byte[] execute(byte[] request) {
    String key = new String(request, StandardCharsets.UTF_8).lines().findFirst().orElse("");
    byte[] line = (key + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      synchronized (executions) {
        executions.write(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    LockSupport.parkNanos(WORK_NANOS);
    return key.getBytes(StandardCharsets.UTF_8);
  }
}
