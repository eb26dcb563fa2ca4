package io.inmesh.spring;

import io.inmesh.call.BodyStart;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import reactor.core.publisher.Flux;

/**
 * A reactive request as the engine reads it; what the engine changes is in {@link #changed}.
 * Confined to the request.
 */
final class ReactiveHead implements RequestHead, Headers {
  private final ServerHttpRequest request;
  private @Nullable HttpHeaders changes;
  private @Nullable String target;
  private @Nullable ReactiveBody body;

  ReactiveHead(ServerHttpRequest request) {
    this.request = request;
  }

  private HttpHeaders fields() {
    return changes == null ? request.getHeaders() : changes;
  }

  private HttpHeaders changing() {
    HttpHeaders fields = changes;
    if (fields == null) {
      fields = new HttpHeaders();
      fields.putAll(request.getHeaders());
      changes = fields;
    }
    return fields;
  }

  /** The request as the application is to see it. */
  ServerHttpRequest changed() {
    ReactiveBody shown = body;
    ServerHttpRequest arrived =
        shown == null
            ? request
            : new ServerHttpRequestDecorator(request) {
              @Override
              public Flux<DataBuffer> getBody() {
                return shown.whole();
              }
            };
    if (changes == null && target == null) {
      return arrived;
    }
    ServerHttpRequest.Builder builder = arrived.mutate();
    if (target != null) {
      URI uri = request.getURI();
      // Not resolved: what begins with two slashes would name a host.
      builder.uri(URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + target));
    }
    HttpHeaders replaced = changes;
    if (replaced != null) {
      builder.headers(
          headers -> {
            headers.clear();
            headers.putAll(replaced);
          });
    }
    return builder.build();
  }

  @Override
  public Kind kind() {
    // Whatever its content claims to be: the container finds handlers by the path's meaning.
    return Kind.HTTP;
  }

  @Override
  public String method() {
    return request.getMethod().name();
  }

  @Override
  public String scheme() {
    return String.valueOf(request.getURI().getScheme());
  }

  @Override
  public String authority() {
    String host = request.getHeaders().getFirst("host");
    return host != null ? host : String.valueOf(request.getURI().getAuthority());
  }

  @Override
  public void authority(String authority) {
    throw new IllegalStateException("an inbound request's authority does not change");
  }

  @Override
  public String path() {
    if (target != null) {
      return target;
    }
    String query = request.getURI().getRawQuery();
    return query == null
        ? request.getURI().getRawPath()
        : request.getURI().getRawPath() + "?" + query;
  }

  @Override
  public void path(String path) {
    target = path;
  }

  @Override
  public Headers headers() {
    return this;
  }

  @Override
  public CompletionStage<BodyStart> body(int limit) {
    ReactiveBody known = body;
    if (known == null) {
      known = new ReactiveBody(request.getBody());
      body = known;
    }
    return known.upTo(limit);
  }

  /** Whether somebody has looked at the body. */
  boolean bodyShown() {
    return body != null;
  }

  @Override
  public @Nullable String get(String name) {
    return fields().getFirst(name);
  }

  @Override
  public List<String> all(String name) {
    return fields().getOrEmpty(name);
  }

  @Override
  public void set(String name, String value) {
    changing().set(name, value);
  }

  @Override
  public void add(String name, String value) {
    changing().add(name, value);
  }

  @Override
  public void remove(String name) {
    if (get(name) != null) {
      changing().remove(name);
    }
  }

  @Override
  public void forEach(Visitor visitor) {
    List<String> names = new ArrayList<>(fields().headerNames());
    for (String name : names) {
      String lower = name.toLowerCase(Locale.ROOT);
      all(name).forEach(value -> visitor.field(lower, value));
    }
  }
}
