package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import io.inmesh.call.CallContext;
import io.inmesh.http.MeshHttpClient;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.OutputStream;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Calls with the clients that Boot's builders make: {@code RestClient} where the application waits,
 * {@code WebClient} where it does not.
 */
final class SpringWire implements Wire {
  private final Mesh mesh;
  private @Nullable ConfigurableApplicationContext application;

  SpringWire(Mesh mesh) {
    this.mesh = mesh;
  }

  /** Most instances call nobody: only who does has an application for it. */
  private synchronized <T> T bean(Class<T> type) {
    if (application == null) {
      application = SpringApplications.start(WebApplicationType.NONE, mesh, context -> {});
    }
    return application.getBean(type);
  }

  @Override
  @SuppressWarnings("try") // the scope is closed, not used
  public Answer send(Request request) throws InterruptedException {
    RestClient.RequestBodySpec call =
        bean(RestClient.Builder.class)
            .build()
            .method(HttpMethod.valueOf(request.method()))
            .uri(uri(request))
            .headers(headers -> request.headers().forEach(headers::add));
    if (!request.idempotent()) {
      call.body(Bytes.PAYLOAD);
    }
    try (Scope scope = context(request).makeCurrent()) {
      return call.exchange(
          (sent, response) -> {
            long unused = response.getBody().transferTo(OutputStream.nullOutputStream());
            return answer(response.getStatusCode().value(), response.getHeaders());
          });
    } catch (RestClientException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      return HttpWire.failed(e);
    }
  }

  @Override
  @SuppressWarnings("try") // the scope is closed, not used
  public Pending sendAsync(Request request) {
    WebClient.RequestBodySpec call =
        bean(WebClient.Builder.class)
            .build()
            .method(HttpMethod.valueOf(request.method()))
            .uri(uri(request))
            .headers(headers -> request.headers().forEach(headers::add));
    if (!request.idempotent()) {
      call.bodyValue(Bytes.PAYLOAD);
    }
    CompletableFuture<Answer> sent;
    try (Scope scope = context(request).makeCurrent()) {
      sent =
          call.exchangeToMono(
                  response ->
                      response
                          .releaseBody()
                          .thenReturn(
                              answer(
                                  response.statusCode().value(),
                                  response.headers().asHttpHeaders())))
              .toFuture();
    }
    CompletableFuture<Answer> answer = sent.exceptionally(HttpWire::failed);
    return Pending.of(answer, () -> sent.cancel(true));
  }

  private static URI uri(Request request) {
    return URI.create("http://" + request.service() + request.path());
  }

  /** What bounds a single call is the deadline of what it is made for. */
  private Context context(Request request) {
    Context context = Context.current();
    return request.timeout() == null
        ? context
        : CallContext.withDeadline(context, mesh.clock().nanoTime() + request.timeout().toNanos());
  }

  /** Spring's clients do not tell what was tried. */
  private static Answer answer(int status, HttpHeaders headers) {
    Map<String, String> fields = new TreeMap<>();
    headers.forEach(
        (name, values) -> fields.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    return new Answer(status, null, fields, null, "", List.of(), 1);
  }

  @Override
  public synchronized void close() {
    if (application != null) {
      try {
        HttpWire.end(application.getBean(MeshHttpClient.class));
      } finally {
        application.close();
      }
    }
  }
}
