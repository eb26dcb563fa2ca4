package io.inmesh.http.exchange;

import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The future of an exchange. {@code cancel(true)} on it, or on any future derived from it, gives
 * the exchange up: the stream is reset or the connection closed. {@code cancel(false)} only
 * completes the future it is called on, as the JDK's client does.
 */
final class ResponseFuture<T> extends CompletableFuture<HttpResponse<T>> {
  private volatile @Nullable Exchange<T> exchange;

  /** The exchange that is under way for it now; another one after a redirect. */
  void carriedBy(Exchange<T> current) {
    exchange = current;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    Exchange<T> current = exchange;
    if (mayInterruptIfRunning && !isDone() && current != null) {
      current.cancel();
    }
    return super.cancel(mayInterruptIfRunning);
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new Derived<>(this);
  }

  /** A dependent stage. */
  private static final class Derived<U> extends CompletableFuture<U> {
    private final ResponseFuture<?> origin;

    Derived(ResponseFuture<?> origin) {
      this.origin = origin;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean cancelled = super.cancel(mayInterruptIfRunning);
      if (mayInterruptIfRunning && cancelled) {
        origin.cancel(true);
      }
      return cancelled;
    }

    @Override
    public <V> CompletableFuture<V> newIncompleteFuture() {
      return new Derived<>(origin);
    }
  }
}
