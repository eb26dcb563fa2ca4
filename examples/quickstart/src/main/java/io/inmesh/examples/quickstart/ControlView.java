package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The mesh as the control server sees it now, asked on its admin port. */
final class ControlView {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI clients;

  ControlView(URI admin) {
    clients = admin.resolve("/debug/clients");
  }

  /** Whether a process of the service is connected. */
  boolean hasClient(String service) throws InterruptedException {
    try {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(clients).timeout(Duration.ofSeconds(5)).build(),
              HttpResponse.BodyHandlers.ofString());
      for (JsonNode connected : JSON.readTree(response.body()).path("clients")) {
        if (connected.path("id").asString("").startsWith(service + ".")) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // it is not up yet
    }
  }
}
