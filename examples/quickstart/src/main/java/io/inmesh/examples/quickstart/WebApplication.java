package io.inmesh.examples.quickstart;

import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.RouteAction;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/** The Spring Boot service {@code web}: asks {@code orders}, knowing only its name. */
@SpringBootApplication
public class WebApplication {
  /** Serves on the port. */
  public static void main(String[] arguments) {
    SpringApplication application = new SpringApplication(WebApplication.class);
    application.setDefaultProperties(
        Map.of(
            "server.port", arguments[0],
            "server.address", "127.0.0.1",
            "server.tomcat.threads.max", "32",
            "spring.application.name", "web",
            // The edge: browsers have no certificate of the mesh.
            "inmesh.server.tls", "false",
            "spring.main.banner-mode", "off",
            "logging.level.root", "warn"));
    application.run();
  }

  /** Its pages. */
  @RestController
  static class Pages {
    private final RestClient orders;
    private final Mesh mesh;

    Pages(RestClient.Builder builder, Mesh mesh) {
      this.orders = builder.baseUrl("http://orders").build();
      this.mesh = mesh;
    }

    @GetMapping("/")
    ResponseEntity<String> order() {
      ResponseEntity<String> order = orders.get().uri("/").retrieve().toEntity(String.class);
      return ResponseEntity.status(order.getStatusCode())
          .header(
              "x-orders-version", String.valueOf(order.getHeaders().getFirst("x-orders-version")))
          .body(order.getBody());
    }

    /** Names the endpoints that were tried, so that a failure can be explained. */
    @ExceptionHandler(RestClientException.class)
    ResponseEntity<String> failed(RestClientException e) {
      return ResponseEntity.status(502).body(e.getMostSpecificCause() + " " + tried(e));
    }

    private static String tried(Throwable failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof MeshException mesh) {
          return mesh.attempts().stream().map(AttemptRecord::endpoint).toList().toString();
        }
      }
      return "";
    }

    /** What this process knows of {@code orders} now. */
    @GetMapping("/mesh")
    Map<String, Object> mesh() {
      MeshSnapshot snapshot = mesh.snapshot();
      Map<String, Object> view = new LinkedHashMap<>();
      view.put("generation", snapshot.generation());
      view.put("percentV2", percentV2(snapshot));
      for (Cluster cluster : snapshot.clusters().values()) {
        for (LocalityEndpoints locality : cluster.localities()) {
          for (Endpoint endpoint : locality.endpoints()) {
            if (endpoint.address().getPort() == Probe.PORT) {
              view.put("probe", endpoint.weight());
            }
          }
        }
      }
      return view;
    }

    private static int weight(RouteAction.Forward forward, String service) {
      return forward.clusters().stream()
          .filter(choice -> choice.cluster().contains(service))
          .mapToInt(choice -> choice.weight())
          .sum();
    }

    private static int percent(int part, int whole) {
      return whole == 0 ? 0 : 100 * part / whole;
    }

    private static int percentV2(MeshSnapshot snapshot) {
      return snapshot.listeners().entrySet().stream()
          .filter(listener -> listener.getKey().startsWith("orders."))
          .flatMap(listener -> listener.getValue().routes().virtualHosts().stream())
          .flatMap(host -> host.routes().stream())
          .filter(route -> route.action() instanceof RouteAction.Forward)
          .map(route -> (RouteAction.Forward) route.action())
          .findFirst()
          .map(forward -> percent(weight(forward, "orders-v2"), weight(forward, "")))
          .orElse(-1);
    }
  }
}
