package io.inmesh.http;

import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.call.Outbound;
import io.inmesh.http.exchange.CopiedSettings;
import io.inmesh.http.exchange.Sending;
import io.inmesh.http.netty.ClientTransport;
import io.inmesh.http.netty.TransportSettings;
import io.inmesh.http.netty.Workers;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * A {@link HttpClient} whose requests go through the mesh: {@code http://orders/…} is routed,
 * balanced, retried and secured as the mesh is configured, without a proxy.
 *
 * <p>Failures are {@link MeshException}s, which are {@link IOException}s; answers of the mesh
 * itself (redirects, faults, refusals) are ordinary responses. {@link HttpRequest#timeout()} bounds
 * the time to the response head ({@link java.net.http.HttpTimeoutException}); the route's timeout
 * bounds all of it. Bodies are streamed both ways with back-pressure; a request body of known
 * length up to 64 KiB is held so that it can be sent again. Body handlers, subscribers and
 * publishers run on {@link #executor()} or, in {@code send}, on the calling thread.
 *
 * <p>A library that copies this client's settings into a client of the JDK's would bypass the mesh;
 * the {@link #proxy()} and {@link #sslContext()} it copies make such a client fail with an
 * explanation. Push promises, WebSockets, cookies and authenticators are not supported.
 * Thread-safe.
 */
public final class MeshHttpClient extends HttpClient implements AutoCloseable {
  private final ClientTransport transport;
  private final Executor executor;
  private final @Nullable Duration connectTimeout;
  private final Redirect redirects;
  private final Sending sending;

  private MeshHttpClient(Builder builder) {
    this.connectTimeout = builder.connectTimeout;
    this.redirects = builder.redirects;
    this.executor = builder.executor == null ? Workers.client() : builder.executor;
    this.transport = new ClientTransport(builder.settings(), builder.outbound::resolved);
    this.sending = new Sending(builder.outbound, transport, executor, redirects);
  }

  /** A client of a mesh with default settings. */
  public static MeshHttpClient create(Mesh mesh) {
    return builder(mesh).build();
  }

  /** Settings for a client of a mesh. */
  public static Builder builder(Mesh mesh) {
    return new Builder(mesh.outbound());
  }

  static Builder builder(Outbound outbound) {
    return new Builder(outbound);
  }

  /** What can be chosen about a client. Not thread-safe. */
  public static final class Builder {
    private final Outbound outbound;
    private @Nullable Executor executor;
    private @Nullable Duration connectTimeout;
    private Redirect redirects = Redirect.NEVER;
    private TransportSettings settings = TransportSettings.DEFAULT;

    private Builder(Outbound outbound) {
      this.outbound = outbound;
    }

    /**
     * Where application code runs; virtual threads or a pool of daemon threads by default.
     * Dependents of {@code sendAsync}'s future run there too, whereas the JDK's client completes
     * its future on the common pool. With {@code Runnable::run} that is the event loop for most of
     * it, which saves a change of threads for each response to code that never blocks, and stops
     * the process's calls if it does.
     */
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /**
     * An upper bound for establishing a connection, beside the cluster's own.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder connectTimeout(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("connectTimeout must be positive: " + timeout);
      }
      this.connectTimeout = timeout;
      return this;
    }

    /** Whether redirects are followed; never, by default. */
    public Builder followRedirects(Redirect redirects) {
      this.redirects = redirects;
      return this;
    }

    Builder settings(TransportSettings settings) {
      this.settings = settings;
      return this;
    }

    private TransportSettings settings() {
      return settings.withConnectTimeout(connectTimeout);
    }

    /** The client. */
    public MeshHttpClient build() {
      return new MeshHttpClient(this);
    }
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    return sending.send(request, handler);
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    return sending.sendAsync(request, handler);
  }

  /** Like {@link #sendAsync(HttpRequest, HttpResponse.BodyHandler)}: pushes are refused. */
  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.@Nullable PushPromiseHandler<T> pushes) {
    return sending.sendAsync(request, handler);
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return Optional.empty();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return Optional.ofNullable(connectTimeout);
  }

  @Override
  public Redirect followRedirects() {
    return redirects;
  }

  /** A selector that refuses: who asks it is a copy of this client that would bypass the mesh. */
  @Override
  public Optional<ProxySelector> proxy() {
    return Optional.of(CopiedSettings.PROXY);
  }

  /** A context that trusts nobody: who uses it is a copy that would bypass the mesh. */
  @Override
  public SSLContext sslContext() {
    return CopiedSettings.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return sslContext().getDefaultSSLParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return Optional.empty();
  }

  @Override
  public Version version() {
    return Version.HTTP_2;
  }

  /** Where application code runs; never an event loop, unless that was chosen. */
  @Override
  public Optional<Executor> executor() {
    return Optional.of(executor);
  }

  // The five methods below override those that HttpClient has since Java 21.

  /** Takes no more requests; those in progress go on. */
  @SuppressWarnings("MissingOverride")
  public void shutdown() {
    sending.shutdown();
  }

  /** Takes no more requests and breaks off those in progress. */
  @SuppressWarnings("MissingOverride")
  public void shutdownNow() {
    sending.shutdownNow();
  }

  /** Waits until all requests are over after a shutdown; false if it takes longer. */
  @SuppressWarnings("MissingOverride")
  public boolean awaitTermination(Duration duration) throws InterruptedException {
    return sending.awaitTermination(duration);
  }

  /** Whether the client was shut down and all requests are over. */
  @SuppressWarnings("MissingOverride")
  public boolean isTerminated() {
    return sending.isTerminated();
  }

  /** Shuts down and waits for the requests in progress; an interrupt breaks them off. */
  @Override
  public void close() {
    sending.close();
  }

  ClientTransport transport() {
    return transport;
  }

  @Override
  public String toString() {
    return "MeshHttpClient" + (isTerminated() ? "[closed]" : "");
  }
}
