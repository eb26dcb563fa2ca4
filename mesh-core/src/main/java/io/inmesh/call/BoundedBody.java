package io.inmesh.call;

import java.io.IOException;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads answers whole and breaks off those that get too long. Immutable. */
public final class BoundedBody implements BodyHandler<byte[]> {
  private final int limit;

  /** One that reads so many bytes. */
  public BoundedBody(int limit) {
    this.limit = limit;
  }

  @Override
  public BodySubscriber<byte[]> apply(ResponseInfo info) {
    boolean announced = info.headers().firstValueAsLong("content-length").orElse(0) > limit;
    return new Subscriber(announced ? 0 : limit, limit);
  }

  /** Confined to one answer. */
  private static final class Subscriber implements BodySubscriber<byte[]> {
    private final BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final int limit;
    private long left;
    private Flow.@Nullable Subscription subscription;

    Subscriber(long left, int limit) {
      this.left = left;
      this.limit = limit;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      var unused =
          bytes
              .getBody()
              .whenComplete(
                  (all, failure) -> {
                    if (all != null) {
                      body.complete(all);
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
      boolean broken = left < 0;
      for (ByteBuffer part : parts) {
        left -= part.remaining();
      }
      if (left >= 0) {
        bytes.onNext(parts);
      } else if (!broken) {
        body.completeExceptionally(new IOException("the answer is larger than " + limit));
        Flow.Subscription current = subscription;
        if (current != null) {
          // Later, because it fails the answer, too, and the client may not have asked for it yet.
          CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS).execute(current::cancel);
        }
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
