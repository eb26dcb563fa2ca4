package io.inmesh.filter.jwt;

import io.inmesh.call.BoundedBody;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Fetches key sets over HTTP: bounded in time and size, never from where {@link AddressGuard} says
 * no, through no more than three redirects and from https to nothing else. Thread-safe.
 */
public final class HttpKeyFetcher implements KeyFetcher {
  private static final int MAX_REDIRECTS = 3;
  private static final BoundedBody BODY = new BoundedBody(Json.MAX_LENGTH);

  private final AddressGuard guard;
  private final Executor executor;
  private volatile @Nullable HttpClient client;

  /**
   * A fetcher.
   *
   * @param loopback whether keys may be fetched from this host itself, for development
   * @param executor looks names up, which blocks
   */
  public HttpKeyFetcher(boolean loopback, Executor executor) {
    this.guard = new AddressGuard(loopback);
    this.executor = executor;
  }

  @Override
  public CompletionStage<Answer> fetch(URI uri, Duration timeout) {
    return fetch(uri, timeout, false);
  }

  /**
   * Fetches what somebody other than the operator has named, or not.
   *
   * @param redirected private networks are closed
   */
  CompletionStage<Answer> fetch(URI uri, Duration timeout, boolean redirected) {
    return CompletableFuture.supplyAsync(() -> request(uri, timeout, redirected), executor)
        .thenCompose(request -> send(request, timeout, 0))
        .orTimeout(timeout.toMillis() * 2, TimeUnit.MILLISECONDS);
  }

  private HttpRequest request(URI uri, Duration timeout, boolean redirected) {
    try {
      guard.check(uri, redirected);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
    return HttpRequest.newBuilder(uri)
        .timeout(timeout)
        .header("accept", "application/json")
        .build();
  }

  private CompletionStage<Answer> send(HttpRequest request, Duration timeout, int redirects) {
    return client()
        .sendAsync(request, BODY)
        .thenCompose(
            response -> {
              int status = response.statusCode();
              String location = response.headers().firstValue("location").orElse("");
              if (status / 100 == 3 && !location.isEmpty()) {
                return redirect(request.uri(), location, timeout, redirects);
              }
              if (status != 200) {
                return CompletableFuture.failedFuture(new IOException("answered " + status));
              }
              return CompletableFuture.completedFuture(
                  new Answer(
                      new String(response.body(), StandardCharsets.UTF_8),
                      maxAge(response.headers())));
            });
  }

  private CompletionStage<Answer> redirect(
      URI from, String location, Duration timeout, int redirects) {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(new IOException("redirected to no address", e));
    }
    if (redirects >= MAX_REDIRECTS) {
      return CompletableFuture.failedFuture(new IOException("redirected too often"));
    }
    if ("https".equals(from.getScheme()) && !"https".equals(to.getScheme())) {
      return CompletableFuture.failedFuture(new IOException("redirected from https to plaintext"));
    }
    return CompletableFuture.supplyAsync(() -> request(to, timeout, true), executor)
        .thenCompose(request -> send(request, timeout, redirects + 1));
  }

  private HttpClient client() {
    HttpClient known = client;
    if (known == null) {
      known =
          HttpClient.newBuilder()
              .executor(executor)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(Duration.ofSeconds(5))
              .build();
      client = known;
    }
    return known;
  }

  private static Duration maxAge(HttpHeaders headers) {
    for (String value : headers.allValues("cache-control")) {
      for (String directive : value.split(",", -1)) {
        String text = directive.strip().toLowerCase(Locale.ROOT);
        if (text.equals("no-store") || text.equals("no-cache")) {
          return Duration.ZERO;
        }
        if (text.startsWith("max-age=")) {
          try {
            return Duration.ofSeconds(Math.max(0, Integer.parseInt(text.substring(8))));
          } catch (NumberFormatException e) {
            return Duration.ofSeconds(-1);
          }
        }
      }
    }
    return Duration.ofSeconds(-1);
  }
}
