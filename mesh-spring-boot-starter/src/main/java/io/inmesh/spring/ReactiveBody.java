package io.inmesh.spring;

import io.inmesh.call.BodyStart;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A body of which the beginning is looked at before the application reads all of it. Keeps the
 * limit and one more part; what follows is read when the application asks for it.
 */
final class ReactiveBody extends BaseSubscriber<DataBuffer> {
  private record Wanted(int limit, CompletableFuture<BodyStart> found) {}

  private final Flux<DataBuffer> source;
  private final ByteArrayOutputStream start = new ByteArrayOutputStream();
  private final Sinks.Many<DataBuffer> rest = Sinks.many().unicast().onBackpressureBuffer();
  private volatile @Nullable Wanted wanted;
  private volatile boolean ended;
  private volatile @Nullable Throwable failure;

  ReactiveBody(Flux<DataBuffer> source) {
    this.source = source;
  }

  /** How it begins; asked again only when that is there. */
  CompletionStage<BodyStart> upTo(int limit) {
    boolean first = wanted == null;
    Wanted asked = new Wanted(limit, new CompletableFuture<>());
    wanted = asked;
    if (first) {
      source.subscribe(this);
    } else {
      look(asked);
    }
    return asked.found();
  }

  /** While a beginning is wanted one part after the other is asked for, so that none is late. */
  private void look(Wanted asked) {
    Throwable broken = failure;
    if (broken != null) {
      asked.found().completeExceptionally(new IOException("the request was broken off", broken));
    } else if (ended || start.size() > asked.limit()) {
      asked.found().complete(BodyStart.of(start.toByteArray(), asked.limit()));
    } else {
      request(1);
    }
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    look();
  }

  @Override
  protected void hookOnNext(DataBuffer part) {
    Wanted asked = wanted;
    if (asked == null || asked.found().isDone()) {
      if (rest.tryEmitNext(part).isFailure()) {
        DataBufferUtils.release(part); // the application wants no more
      }
      return;
    }
    byte[] bytes = new byte[part.readableByteCount()];
    part.read(bytes);
    DataBufferUtils.release(part);
    start.writeBytes(bytes);
    look();
  }

  @Override
  protected void hookOnComplete() {
    ended = true;
    rest.tryEmitComplete();
    look();
  }

  @Override
  protected void hookOnError(Throwable broken) {
    failure = broken;
    rest.tryEmitError(broken);
    look();
  }

  private void look() {
    Wanted asked = wanted;
    if (asked != null && !asked.found().isDone()) {
      look(asked);
    }
  }

  /** All of it, for the application. */
  Flux<DataBuffer> whole() {
    Mono<DataBuffer> beginning =
        start.size() == 0
            ? Mono.empty()
            : Mono.fromSupplier(
                () -> DefaultDataBufferFactory.sharedInstance.wrap(start.toByteArray()));
    return Flux.concat(
        beginning, rest.asFlux().doOnRequest(this::request).doOnCancel(this::cancel));
  }
}
