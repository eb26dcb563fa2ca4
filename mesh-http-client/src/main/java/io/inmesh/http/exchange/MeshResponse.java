package io.inmesh.http.exchange;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.http.MeshHttpResponse;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A response with its body. */
record MeshResponse<T>(
    HttpRequest request,
    int statusCode,
    HttpHeaders headers,
    HttpClient.Version version,
    @Nullable T body,
    List<AttemptRecord> attempts,
    @Nullable MeshResponse<T> before)
    implements MeshHttpResponse<T> {
  @Override
  public Optional<HttpResponse<T>> previousResponse() {
    return Optional.ofNullable(before);
  }

  @Override
  public Optional<SSLSession> sslSession() {
    return Optional.empty();
  }

  @Override
  public URI uri() {
    return request.uri();
  }

  @Override
  public String toString() {
    return "(" + request.method() + " " + request.uri().getPath() + ") " + statusCode;
  }
}
