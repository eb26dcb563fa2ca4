package io.inmesh.http.exchange;

import static java.util.Objects.requireNonNull;

import io.inmesh.MeshException;
import io.inmesh.call.Outbound;
import io.inmesh.control.Cancellable;
import io.inmesh.http.netty.ClientTransport;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A client's two ways to send, and its end: begins exchanges and counts them. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
public final class Sending {
  private final Outbound outbound;
  private final ClientTransport transport;
  private final Executor executor;
  private final HttpClient.Redirect redirects;
  private final Cancellable tlsWatch;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch terminated = new CountDownLatch(1);
  private volatile boolean shutdown;

  /** {@link #finished} as a task. */
  final Runnable finishing = this::finished;

  /** Over a transport; application code runs on the executor. */
  public Sending(
      Outbound outbound,
      ClientTransport transport,
      Executor executor,
      HttpClient.Redirect redirects) {
    this.outbound = outbound;
    this.transport = transport;
    this.executor = executor;
    this.redirects = redirects;
    this.tlsWatch = outbound.watchTls(transport::tlsChanged);
  }

  ClientTransport transport() {
    return transport;
  }

  Executor executor() {
    return executor;
  }

  HttpClient.Redirect redirects() {
    return redirects;
  }

  /** Sends and waits, lending the thread to the response. */
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    requireNonNull(request, "request");
    requireNonNull(handler, "handler");
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    CallerThread caller = new CallerThread(executor);
    CompletableFuture<HttpResponse<T>> future = begin(request, handler, caller);
    try {
      caller.await(future);
      return future.get();
    } catch (InterruptedException interrupted) {
      future.cancel(true);
      throw interrupted;
    } catch (ExecutionException failed) {
      throw withOwnTrace(failed.getCause() == null ? failed : failed.getCause());
    } catch (CancellationException cancelled) {
      throw new IOException("the call was cancelled", cancelled);
    }
  }

  /** Sends; the future completes on the executor. */
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    requireNonNull(request, "request");
    requireNonNull(handler, "handler");
    try {
      return begin(request, handler, executor);
    } catch (IOException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private <T> CompletableFuture<HttpResponse<T>> begin(
      HttpRequest request, HttpResponse.BodyHandler<T> handler, Executor drain) throws IOException {
    ResponseFuture<T> future = new ResponseFuture<>();
    begin(new Exchange<>(this, request, handler, drain, future, null));
    return future;
  }

  private void begin(Exchange<?> exchange) throws IOException {
    inFlight.incrementAndGet();
    if (shutdown) {
      finished();
      throw new IOException("the client is closed");
    }
    try {
      exchange.begin(outbound);
    } catch (RuntimeException broken) {
      exchange.failedToBegin(broken);
    }
  }

  /** Goes where a redirect points. */
  <T> void follow(
      HttpRequest next,
      HttpResponse.BodyHandler<T> handler,
      Executor drain,
      ResponseFuture<T> future,
      MeshResponse<T> previous) {
    try {
      begin(new Exchange<>(this, next, handler, drain, future, previous));
    } catch (IOException | IllegalArgumentException refused) {
      future.completeExceptionally(refused);
    }
  }

  /** An exchange has ended; called once for each. */
  void finished() {
    if (inFlight.decrementAndGet() == 0 && shutdown) {
      terminate();
    }
  }

  private void terminate() {
    if (closed.compareAndSet(false, true)) {
      tlsWatch.cancel();
      transport.close();
      terminated.countDown();
    }
  }

  /** Takes no more requests. */
  public void shutdown() {
    shutdown = true;
    if (inFlight.get() == 0) {
      terminate();
    }
  }

  /** Takes no more requests and breaks off those in progress. */
  public void shutdownNow() {
    shutdown();
    transport.close();
  }

  /** Waits for the end after a shutdown. */
  public boolean awaitTermination(Duration duration) throws InterruptedException {
    return terminated.await(duration.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Whether the end was reached. */
  public boolean isTerminated() {
    return terminated.getCount() == 0;
  }

  /** Shuts down and waits; an interrupt breaks calls off. */
  public void close() {
    boolean interrupted = false;
    shutdown();
    while (!isTerminated()) {
      try {
        terminated.await();
      } catch (InterruptedException now) {
        interrupted = true;
        shutdownNow();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The failure again, with the stack of the thread that asked. */
  private static IOException withOwnTrace(Throwable failure) {
    if (failure instanceof MeshException mesh) {
      return new MeshException(
          mesh.reason(), String.valueOf(mesh.getMessage()), mesh.attempts(), mesh);
    }
    if (failure instanceof HttpConnectTimeoutException) {
      return causedBy(new HttpConnectTimeoutException(failure.getMessage()), failure);
    }
    if (failure instanceof HttpTimeoutException) {
      return causedBy(new HttpTimeoutException(failure.getMessage()), failure);
    }
    return new IOException(failure.getMessage(), failure);
  }

  private static IOException causedBy(IOException failure, Throwable cause) {
    failure.initCause(cause);
    return failure;
  }
}
