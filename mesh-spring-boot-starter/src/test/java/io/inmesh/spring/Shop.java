package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.Registration;
import io.inmesh.call.CallContext;
import io.inmesh.http.MeshHttpServer;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerException;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.registry.RegisteredInstance;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.springframework.context.ConfigurableApplicationContext;

/** A control server and the service {@code orders}, which says what it saw. */
final class Shop implements AutoCloseable {
  private final ControlServer control;
  private final Mesh mesh;
  private final HttpServer orders;

  Shop() throws ControlServerException, IOException {
    control = ControlServer.start(ControlServerOptions.loopback());
    mesh = join("orders");
    orders =
        MeshHttpServer.create(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    orders.createContext("/", Shop::answer);
    orders.start();
    Registration registration = mesh.register("http", 80, orders.getAddress().getPort());
    registration.whenRegistered().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Another process of the mesh. */
  Mesh join(String service) {
    return MeshConfig.builder().controlServer(target()).service(service).insecure(true).start();
  }

  String target() {
    return "127.0.0.1:" + control.xdsAddress().getPort();
  }

  /** The instances registered as a service. */
  List<RegisteredInstance> instances(String service) {
    return control
        .registrations()
        .instances()
        .filter(instance -> instance.key().service().equals(service))
        .toList();
  }

  Optional<RegisteredInstance> instance(String service) {
    return instances(service).stream().findFirst();
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within 30 s: " + what);
      }
      Thread.sleep(5);
    }
  }

  /** The application leaves the mesh, then its web server lets what is under way end. */
  void assertLeavesBeforeItStops(Class<?> application) throws Exception {
    CountDownLatch release = WebApplication.slow();
    ConfigurableApplicationContext leaving = WebApplication.run(application, target());
    int port = WebApplication.port(leaving);
    await("the registration", () -> registered(port));
    CompletableFuture<HttpResponse<String>> underWay =
        HttpClient.newHttpClient()
            .sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/slow")).build(),
                BodyHandlers.ofString());
    await("the request", WebApplication::begun);

    CompletableFuture<Void> closing = CompletableFuture.runAsync(leaving::close);
    await("the deregistration", () -> !registered(port));
    assertThat(underWay).as("served while others know better").isNotDone();
    assertThat(closing).isNotDone();
    release.countDown();

    assertThat(underWay.get(30, TimeUnit.SECONDS).body()).isEqualTo("done");
    closing.get(60, TimeUnit.SECONDS);
  }

  private boolean registered(int port) {
    return instances("web").stream()
        .flatMap(instance -> instance.instance().ports().stream())
        .anyMatch(candidate -> candidate.instancePort() == port);
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] body =
          "orders %s trace %s %s"
              .formatted(
                  exchange.getRequestURI(),
                  exchange.getRequestHeaders().getFirst("traceparent"),
                  CallContext.deadlineNanos(Context.current()) == Long.MAX_VALUE
                      ? "without deadline"
                      : "with deadline")
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    mesh.close();
    orders.stop(0);
    control.close();
  }
}
