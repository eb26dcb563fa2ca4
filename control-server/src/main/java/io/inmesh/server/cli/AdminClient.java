package io.inmesh.server.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the admin port of a running server. */
final class AdminClient {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final URI admin;
  private final String secret;
  private final HttpClient client;

  AdminClient(AdminOptions options) throws CommandFailure {
    admin = options.admin;
    secret = options.secret();
    HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5));
    if (admin.getHost() != null && "https".equals(admin.getScheme())) {
      client = builder.sslContext(options.tls()).build();
    } else if (admin.getHost() != null && "http".equals(admin.getScheme())) {
      client = builder.build();
    } else {
      throw CommandFailure.usage("--admin " + admin + ": expected a URL such as https://HOST:PORT");
    }
  }

  /**
   * Sends a request and reads its JSON.
   *
   * @param body sent as JSON; null: none
   */
  JsonNode send(String method, String path, @Nullable Map<String, Object> body)
      throws CommandFailure {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(admin.resolve(path))
            .timeout(Duration.ofSeconds(10))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(MAPPER.writeValueAsString(body)));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (!secret.isEmpty() && admin.getScheme().equals("https")) {
      request.header("Authorization", "Bearer " + secret);
    }
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw CommandFailure.failed(
            admin.resolve(path) + " answered " + response.statusCode() + message(response));
      }
      return MAPPER.readTree(response.body());
    } catch (JacksonException e) {
      throw CommandFailure.failed(
          admin.resolve(path) + " did not answer JSON; is it an admin port?");
    } catch (ConnectException e) {
      throw unreachable("nothing listens there; is it running? --admin says where");
    } catch (HttpTimeoutException e) {
      throw unreachable("no answer in time");
    } catch (SSLHandshakeException e) {
      throw unreachable(String.valueOf(e.getMessage()));
    } catch (SSLException e) {
      throw unreachable("no TLS there; a server with --insecure is asked as http://HOST:PORT");
    } catch (IOException e) {
      throw unreachable(
          admin.getScheme().equals("http")
              ? "what answers does not speak HTTP; with TLS it is asked as https://HOST:PORT"
              : "what answers does not speak HTTP; is it the xDS port?");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }

  private CommandFailure unreachable(String why) {
    return CommandFailure.failed(
        "cannot reach a control server's admin port at " + admin + " (" + why + ")");
  }

  private static String message(HttpResponse<String> response) {
    try {
      String message = MAPPER.readTree(response.body()).path("error").path("message").asString("");
      if (message.isEmpty()) {
        return "; is it an admin port?";
      }
      return ": "
          + message
          + (response.statusCode() == 404
              ? " (one that serves --insecure has no tokens, identities and authority)"
              : "");
    } catch (JacksonException e) {
      return "; is it an admin port?";
    }
  }
}
