package io.inmesh.spring;

import io.inmesh.call.InboundCall;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The response the application writes: its head is changed at the last moment, and if its request
 * has an idempotency key, it is recorded. Confined to the request.
 */
final class ReactiveResponse extends ServerHttpResponseDecorator {
  private final InboundCall call;
  private final @Nullable ResponseRecorder recorder;
  private boolean hooked;
  private boolean responded;

  /** What was shown of the body before the head left, for the record. */
  private @Nullable ByteArrayOutputStream early;

  ReactiveResponse(ServerHttpResponse response, InboundCall call) {
    super(response);
    this.call = call;
    this.recorder = call.recorder();
  }

  /** Behind what everybody else does before the head leaves. */
  private void hook() {
    if (!hooked) {
      hooked = true;
      beforeCommit(() -> Mono.fromRunnable(this::respond));
    }
  }

  private void respond() {
    if (responded) {
      return;
    }
    responded = true;
    ReactiveResponseHead head = new ReactiveResponseHead(getDelegate());
    call.response(head);
    if (recorder != null) {
      recorder.head(head);
      if (early != null) {
        recorder.part(ByteBuffer.wrap(early.toByteArray()));
        early = null;
      }
    }
  }

  /** A part of the body, for the record. */
  void part(byte[] bytes) {
    if (recorder == null) {
      return;
    }
    if (responded) {
      recorder.part(ByteBuffer.wrap(bytes));
    } else {
      early = early == null ? new ByteArrayOutputStream() : early;
      early.writeBytes(bytes);
    }
  }

  /** The application has made all of the response, whoever was there to receive it. */
  void recorded() {
    if (recorder != null) {
      respond();
      recorder.end(ResponseHead.NO_GRPC_STATUS, null);
    }
  }

  @Override
  public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
    hook();
    return recorder == null
        ? super.writeWith(body)
        : Mono.deferContextual(
            context -> {
              RecordedBody whole = new RecordedBody(Flux.from(body), this, context);
              return super.writeWith(whole.written())
                  .onErrorResume(gone -> whole.rest().then(Mono.error(gone)));
            });
  }

  /** What flows until the caller leaves is recorded if it comes to its end. */
  @Override
  public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
    hook();
    return recorder == null
        ? super.writeAndFlushWith(body)
        : super.writeAndFlushWith(
                Flux.from(body)
                    .map(part -> Flux.from(part).doOnNext(data -> part(RecordedBody.copy(data)))))
            .doOnSuccess(done -> recorded());
  }

  @Override
  public Mono<Void> setComplete() {
    hook();
    return super.setComplete().doOnSuccess(done -> recorded());
  }
}
