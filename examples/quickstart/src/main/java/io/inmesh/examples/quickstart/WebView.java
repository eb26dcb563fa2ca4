package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The mesh as the caller {@code web} sees it now, asked from outside. */
final class WebView {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI mesh;
  private final URI page;

  WebView(URI web) {
    mesh = web.resolve("/mesh");
    page = web.resolve("/");
  }

  /** Whether a request goes through all services. */
  boolean answers() throws InterruptedException {
    try {
      return get(page).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The percentage that web sends to orders v2 by its current configuration; -1: unknown. */
  int shareOfV2() throws InterruptedException {
    return view().path("percentV2").asInt(-1);
  }

  /** The weight of the probe endpoint of orders in web's current configuration; -1: unknown. */
  int probeWeight() throws InterruptedException {
    return view().path("probe").asInt(-1);
  }

  private JsonNode view() throws InterruptedException {
    try {
      return JSON.readTree(get(mesh).body());
    } catch (IOException e) {
      return JSON.createObjectNode();
    }
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
