package io.inmesh.filter.jwt;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Fetches key sets over HTTP: bounded in time and size, never from where {@link AddressGuard} says
 * no, through no more than three redirects and from https to nothing else. Thread-safe.
 */
public final class HttpKeyFetcher implements KeyFetcher {
  private static final int MAX_REDIRECTS = 3;

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
    return CompletableFuture.supplyAsync(() -> request(uri, timeout, false), executor)
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
        .sendAsync(request, bounded())
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
                  new Answer(response.body(), maxAge(response.headers())));
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

  private static BodyHandler<String> bounded() {
    return info ->
        info.headers().firstValueAsLong("content-length").orElse(0) > Json.MAX_LENGTH
            ? new Bounded(BodySubscribers.ofByteArray(), 0)
            : new Bounded(BodySubscribers.ofByteArray(), Json.MAX_LENGTH);
  }

  /** Breaks an answer off when it gets too long. Confined to one answer. */
  private static final class Bounded implements BodySubscriber<String> {
    private final BodySubscriber<byte[]> bytes;
    private final CompletableFuture<String> body = new CompletableFuture<>();
    private long left;
    private Flow.@Nullable Subscription subscription;

    Bounded(BodySubscriber<byte[]> bytes, long limit) {
      this.bytes = bytes;
      this.left = limit;
    }

    @Override
    public CompletionStage<String> getBody() {
      var unused =
          bytes
              .getBody()
              .whenComplete(
                  (all, failure) -> {
                    if (all != null) {
                      body.complete(new String(all, StandardCharsets.UTF_8));
                    } else {
                      body.completeExceptionally(failure);
                    }
                  });
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      bytes.onSubscribe(given);
    }

    @Override
    public void onNext(List<ByteBuffer> parts) {
      for (ByteBuffer part : parts) {
        left -= part.remaining();
      }
      if (left < 0) {
        // Before the subscription ends, which fails it, too.
        body.completeExceptionally(new IOException("the answer is larger than " + Json.MAX_LENGTH));
        Flow.Subscription current = subscription;
        if (current != null) {
          current.cancel();
        }
      } else {
        bytes.onNext(parts);
      }
    }

    @Override
    public void onError(Throwable failure) {
      bytes.onError(failure);
    }

    @Override
    public void onComplete() {
      bytes.onComplete();
    }
  }
}
