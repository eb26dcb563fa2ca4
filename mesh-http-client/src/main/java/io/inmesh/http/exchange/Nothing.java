package io.inmesh.http.exchange;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Reads a body that nobody wants to its end, so that its connection can be used again. */
final class Nothing<T> implements BodySubscriber<T> {
  private final CompletableFuture<@Nullable T> done = new CompletableFuture<>();

  @Override
  @SuppressWarnings("NullAway") // the stage completes with null, as that of discarding() does
  public CompletionStage<T> getBody() {
    return done;
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> parts) {}

  @Override
  public void onError(Throwable failure) {
    done.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    done.complete(null);
  }
}
