package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.http.MeshHttpResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Calls over HTTP; the cluster's protocol decides about its version. */
final class HttpWire implements Wire {
  private final MeshHttpClient http;

  HttpWire(Mesh mesh) {
    http = MeshHttpClient.create(mesh);
  }

  @Override
  public Answer send(Request request) throws InterruptedException {
    try {
      return answer(http.send(http(request), BodyHandlers.ofString()));
    } catch (IOException e) {
      return failed(e);
    }
  }

  @Override
  public Pending sendAsync(Request request) {
    CompletableFuture<HttpResponse<String>> sent =
        http.sendAsync(http(request), BodyHandlers.ofString());
    CompletableFuture<Answer> answer =
        sent.handle((response, failure) -> failure == null ? answer(response) : failed(failure));
    return Pending.of(answer, () -> sent.cancel(true));
  }

  private static HttpRequest http(Request request) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create("http://" + request.service() + request.path()))
            .method(
                request.method(),
                request.idempotent()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(Bytes.PAYLOAD));
    request.headers().forEach(builder::header);
    if (request.timeout() != null) {
      builder.timeout(request.timeout());
    }
    return builder.build();
  }

  private static Answer answer(HttpResponse<String> response) {
    return new Answer(
        response.statusCode(),
        null,
        fields(response.headers()),
        null,
        "",
        MeshHttpResponse.attemptsOf(response),
        1);
  }

  private static Map<String, String> fields(HttpHeaders headers) {
    Map<String, String> fields = new TreeMap<>();
    headers.map().forEach((name, values) -> fields.put(name, String.join(",", values)));
    return fields;
  }

  static Answer failed(Throwable failure) {
    @Nullable MeshException mesh = cause(failure, MeshException.class);
    MeshException.Reason reason = null;
    if (mesh != null) {
      reason = mesh.reason();
    } else if (cause(failure, HttpTimeoutException.class) != null) {
      reason = MeshException.Reason.TIMEOUT;
    }
    return new Answer(
        0,
        null,
        Map.of(),
        reason,
        String.valueOf(failure.getMessage()),
        mesh == null ? List.of() : mesh.attempts(),
        0);
  }

  static <T extends Throwable> @Nullable T cause(@Nullable Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }

  @Override
  public void close() {
    end(http);
  }

  /** Ends a client; fails if a call is left. */
  static void end(MeshHttpClient http) {
    http.shutdown();
    try {
      if (!http.awaitTermination(Duration.ofSeconds(5))) {
        throw new AssertionError("requests are left in " + http);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      http.shutdownNow();
    }
  }
}
