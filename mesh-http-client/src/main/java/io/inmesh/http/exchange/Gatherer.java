package io.inmesh.http.exchange;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Collects a body of known, small length, then says so once. */
final class Gatherer implements Flow.Subscriber<ByteBuffer> {
  private ByteBuffer bytes;
  private boolean begun;
  private final BiConsumer<@Nullable ByteBuffer, @Nullable Throwable> done;
  private Flow.@Nullable Subscription subscription;
  private boolean over;

  private Gatherer(int length, BiConsumer<@Nullable ByteBuffer, @Nullable Throwable> done) {
    this.bytes = ByteBuffer.allocate(length);
    this.done = done;
  }

  static void gather(
      BodyPublisher publisher,
      long length,
      BiConsumer<@Nullable ByteBuffer, @Nullable Throwable> done) {
    publisher.subscribe(new Gatherer((int) length, done));
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    if (this.subscription != null) {
      subscription.cancel();
      return;
    }
    this.subscription = subscription;
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(ByteBuffer part) {
    if (over) {
      return;
    }
    if (part.remaining() > bytes.remaining()) {
      if (subscription != null) {
        subscription.cancel();
      }
      finish(null, new IOException("the request body is longer than its contentLength"));
    } else if (!begun && part.remaining() == bytes.remaining()) {
      begun = true;
      bytes = part.slice(); // all of it: a publisher gives its buffers away
      bytes.position(bytes.limit());
    } else {
      begun = true;
      bytes.put(part);
    }
  }

  @Override
  public void onError(Throwable failure) {
    finish(null, failure);
  }

  @Override
  public void onComplete() {
    if (bytes.hasRemaining()) {
      finish(null, new IOException("the request body is shorter than its contentLength"));
    } else {
      finish(bytes.flip(), null);
    }
  }

  private void finish(@Nullable ByteBuffer gathered, @Nullable Throwable failure) {
    if (!over) {
      over = true;
      done.accept(gathered, failure);
    }
  }
}
