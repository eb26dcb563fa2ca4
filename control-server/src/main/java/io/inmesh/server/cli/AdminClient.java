package io.inmesh.server.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the admin port of a running server. */
final class AdminClient {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final URI admin;

  AdminClient(URI admin) {
    this.admin = admin;
  }

  JsonNode get(String path) throws CommandFailure {
    if (admin.getHost() == null || !"http".equals(admin.getScheme())) {
      throw CommandFailure.usage("--admin " + admin + ": expected a URL such as http://HOST:PORT");
    }
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    HttpRequest request =
        HttpRequest.newBuilder(admin.resolve(path)).timeout(Duration.ofSeconds(10)).build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw CommandFailure.failed(
            admin.resolve(path) + " answered " + response.statusCode() + "; is it an admin port?");
      }
      return MAPPER.readTree(response.body());
    } catch (JacksonException e) {
      throw CommandFailure.failed(
          admin.resolve(path) + " did not answer JSON; is it an admin port?");
    } catch (IOException e) {
      throw CommandFailure.failed(
          "cannot reach a control server's admin port at " + admin + " (" + e + ")");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }
}
