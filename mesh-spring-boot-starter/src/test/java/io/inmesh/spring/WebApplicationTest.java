package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.inmesh.Mesh;
import io.inmesh.call.CallContext;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.server.registry.InstanceHealth;
import io.inmesh.server.registry.RegisteredInstance;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;

/** A whole application with its web server, in a mesh with a control server. */
@Timeout(120)
class WebApplicationTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private static Shop shop;
  private static ConfigurableApplicationContext web;
  private static Mesh caller;
  private static MeshHttpClient client;

  @BeforeAll
  static void start() throws Exception {
    shop = new Shop();
    web = WebApplication.run(shop.target());
    caller = shop.join("caller");
    client = MeshHttpClient.create(caller);
  }

  @AfterAll
  static void stop() {
    web.close();
    client.close();
    caller.close();
    shop.close();
  }

  /** Asks the application directly, as somebody outside the mesh. */
  private static HttpResponse<String> ask(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + WebApplication.port(web) + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
  }

  private static String through(String builder, String url) {
    return "/" + builder + "?url=" + URLEncoder.encode(url, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rest-client", "rest-template", "web-client"})
  void meshName_isReachedThroughTheMesh_withTheTraceOfTheRequest(String builder) throws Exception {
    HttpResponse<String> response =
        ask(
            through(builder, "http://orders/42?a=b"),
            "traceparent",
            "00-" + TRACE + "-00f067aa0ba902b7-01");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).startsWith("orders /42?a=b trace 00-" + TRACE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rest-client", "rest-template", "web-client"})
  void otherHost_isReachedAsBefore(String builder) throws Exception {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body =
                ("attempt " + exchange.getRequestHeaders().getFirst("x-envoy-attempt-count"))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    other.start();
    try {
      HttpResponse<String> response =
          ask(through(builder, "http://127.0.0.1:" + other.getAddress().getPort() + "/"));
      assertThat(response.body()).as("no header of the mesh").isEqualTo("attempt null");
    } finally {
      other.stop(0);
    }
  }

  @Test
  @SuppressWarnings("try") // the scope is closed, not used
  void application_isRegisteredWithItsRealPort_andCallable() throws Exception {
    Shop.await("the registration", () -> shop.instance("web").isPresent());

    RegisteredInstance instance = shop.instance("web").orElseThrow();
    assertThat(instance.instance().ports())
        .singleElement()
        .satisfies(
            port -> {
              assertThat(port.servicePort()).isEqualTo(80);
              assertThat(port.instancePort()).isEqualTo(WebApplication.port(web));
            });
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://web" + through("rest-client", "http://orders/from-afar")))
            .build();
    Context context =
        CallContext.withDeadline(
            Context.current(), caller.clock().nanoTime() + TimeUnit.SECONDS.toNanos(60));
    try (Scope scope = context.makeCurrent()) {
      String body = client.send(request, BodyHandlers.ofString()).body();
      assertThat(body).startsWith("orders /from-afar").endsWith("with deadline");
    }
  }

  @Test
  void readiness_isFollowed() throws Exception {
    Shop.await("the registration", () -> health() == InstanceHealth.HEALTHY);
    AvailabilityChangeEvent.publish(web, ReadinessState.REFUSING_TRAFFIC);
    Shop.await("unhealthy", () -> health() == InstanceHealth.UNHEALTHY);
    AvailabilityChangeEvent.publish(web, ReadinessState.ACCEPTING_TRAFFIC);
    Shop.await("healthy again", () -> health() == InstanceHealth.HEALTHY);
  }

  private static InstanceHealth health() {
    return shop.instance("web").map(RegisteredInstance::health).orElse(InstanceHealth.UNKNOWN);
  }

  @Test
  void healthIndicator_isUp() throws Exception {
    HealthIndicator indicator = web.getBean("meshHealthIndicator", HealthIndicator.class);
    Shop.await(
        "up", () -> Objects.requireNonNull(indicator.health()).getStatus().equals(Status.UP));
  }

  @Test
  void shutdown_leavesTheMeshBeforeTheWebServerStops() throws Exception {
    shop.assertLeavesBeforeItStops(WebApplication.class);
  }
}
