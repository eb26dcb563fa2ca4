package io.inmesh.grpc;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.inmesh.call.InboundCall;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Tells the engine how an admitted call is answered. */
final class AdmittedCall<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
  private static final Metadata.Key<String> MESSAGE =
      Metadata.Key.of("grpc-message", Metadata.ASCII_STRING_MARSHALLER);

  private final InboundCall admitted;
  private final Context context;

  /** For requests with an idempotency key; null: nobody asks for the response again. */
  private final @Nullable ResponseRecorder recorder;

  private boolean headersSent;
  private volatile boolean received;
  private volatile boolean finished;

  AdmittedCall(ServerCall<ReqT, RespT> call, InboundCall admitted, Context context) {
    super(call);
    this.admitted = admitted;
    this.context = context;
    this.recorder = admitted.recorder();
  }

  @Override
  public void sendHeaders(Metadata headers) {
    headersSent = true;
    ResponseHead head = new GrpcResponseHead(headers, ResponseHead.NO_GRPC_STATUS);
    admitted.response(head);
    if (recorder != null) {
      recorder.head(head);
    }
    super.sendHeaders(headers);
  }

  @Override
  public void sendMessage(RespT message) {
    if (recorder != null) {
      recorder.part(serialized(message));
    }
    super.sendMessage(message);
  }

  private ByteBuffer serialized(RespT message) {
    try (InputStream bytes = getMethodDescriptor().streamResponse(message)) {
      return ByteBuffer.wrap(bytes.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close(Status status, Metadata trailers) {
    int code = status.getCode().value();
    MetadataHeaders fields = new MetadataHeaders(trailers);
    if (headersSent) {
      admitted.trailers(fields);
    } else {
      admitted.response(new GrpcResponseHead(trailers, code));
    }
    if (recorder != null) {
      Metadata kept = new Metadata();
      kept.merge(trailers);
      if (status.getDescription() != null) {
        kept.put(MESSAGE, status.getDescription());
      }
      recorder.end(code, new MetadataHeaders(kept));
    }
    over(200, code); // before the peer knows: its next call finds the place of this one free
    super.close(status, trailers);
    forget();
  }

  /** The whole request is there. */
  void received() {
    received = true;
  }

  /**
   * Whether the handler goes on although its caller is gone, so that the caller's next try finds
   * the response.
   */
  boolean goesOnAlone() {
    return recorder != null && received;
  }

  /** The caller went away. */
  void callerGone() {
    if (recorder != null && getMethodDescriptor().getType().clientSendsOneMessage() && !finished) {
      recorder.forget(); // no handler has begun without the end of the request
    }
    admitted.cancel();
    finish(0, Status.Code.CANCELLED.value());
  }

  /** The call ended, if it had not been answered. */
  void finish(int status, int grpcStatus) {
    over(status, grpcStatus);
    forget();
  }

  private void over(int status, int grpcStatus) {
    if (!finished) {
      finished = true;
      admitted.finish(status, grpcStatus);
    }
  }

  /** Whoever listens to the call's context hears no more. */
  private void forget() {
    if (context instanceof Context.CancellableContext mine) {
      mine.cancel(null);
    }
  }

  /** The handler threw: gRPC answers UNKNOWN. */
  void broken() {
    finish(200, Status.Code.UNKNOWN.value());
  }
}
