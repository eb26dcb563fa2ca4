package io.inmesh;

import io.inmesh.call.BoundedBody;
import io.inmesh.call.TrailerSubscriber;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The one message of a gRPC call that is made over HTTP; fails unless the status, which comes
 * behind it, says that the call went well. Immutable.
 */
final class GrpcAnswer implements BodyHandler<byte[]> {
  private static final String STATUS = "grpc-status";
  private static final int FRAME_HEAD = 5;

  private final BoundedBody bytes;

  /** One that reads messages of at most so many bytes. */
  GrpcAnswer(int limit) {
    this.bytes = new BoundedBody(limit + FRAME_HEAD);
  }

  /** A message as it is sent. */
  static byte[] frame(byte[] message) {
    return ByteBuffer.allocate(FRAME_HEAD + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  @Override
  public BodySubscriber<byte[]> apply(ResponseInfo info) {
    return new Subscriber(
        bytes.apply(info), info.statusCode(), info.headers().firstValue(STATUS).orElse(null));
  }

  /** Confined to one answer. */
  private static final class Subscriber implements TrailerSubscriber<byte[]> {
    private final BodySubscriber<byte[]> body;
    private final int httpStatus;

    /** Null: not known yet. */
    private volatile @Nullable String status;

    Subscriber(BodySubscriber<byte[]> body, int httpStatus, @Nullable String status) {
      this.body = body;
      this.httpStatus = httpStatus;
      this.status = status;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return body.getBody().thenApply(this::message);
    }

    private byte[] message(byte[] frame) {
      if (httpStatus != 200 || !"0".equals(status)) {
        throw new IllegalStateException("answered " + httpStatus + ", gRPC status " + status);
      }
      ByteBuffer read = ByteBuffer.wrap(frame);
      if (read.remaining() < FRAME_HEAD || read.get() != 0 || read.getInt() != read.remaining()) {
        throw new IllegalStateException("answered with no message");
      }
      byte[] message = new byte[read.remaining()];
      read.get(message);
      return message;
    }

    @Override
    public void onTrailers(HttpHeaders trailers) {
      trailers.firstValue(STATUS).ifPresent(said -> status = said);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      body.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> parts) {
      body.onNext(parts);
    }

    @Override
    public void onError(Throwable failure) {
      body.onError(failure);
    }

    @Override
    public void onComplete() {
      body.onComplete();
    }
  }
}
