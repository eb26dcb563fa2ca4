package io.inmesh.spring;

import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The body of a response that is recorded on its way to the caller, and to its end if the caller
 * leaves. As fast as the caller takes it; then as fast as it comes.
 */
final class RecordedBody extends BaseSubscriber<DataBuffer> {
  private final ReactiveResponse response;
  private final Context context;
  private final Sinks.Many<DataBuffer> out = Sinks.many().unicast().onBackpressureBuffer();
  private final Sinks.Empty<Void> end = Sinks.empty();

  RecordedBody(Flux<? extends DataBuffer> body, ReactiveResponse response, ContextView context) {
    this.response = response;
    this.context = Context.of(context);
    body.subscribe(this);
  }

  /** What the caller gets. */
  Flux<DataBuffer> written() {
    return out.asFlux().doOnRequest(this::request).doOnCancel(this::requestUnbounded);
  }

  /** Lets the rest come, for the record; over with it, never fails. */
  Mono<Void> rest() {
    requestUnbounded();
    return end.asMono();
  }

  static byte[] copy(DataBuffer data) {
    byte[] bytes = new byte[data.readableByteCount()];
    data.toByteBuffer(java.nio.ByteBuffer.wrap(bytes));
    return bytes;
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    // It is asked for by who writes it.
  }

  @Override
  protected void hookOnNext(DataBuffer data) {
    response.part(copy(data));
    if (out.tryEmitNext(data).isFailure()) {
      DataBufferUtils.release(data); // the caller has left
    }
  }

  @Override
  protected void hookOnComplete() {
    response.recorded();
    out.tryEmitComplete();
    end.tryEmitEmpty();
  }

  @Override
  protected void hookOnError(Throwable failure) {
    out.tryEmitError(failure);
    end.tryEmitEmpty();
  }
}
