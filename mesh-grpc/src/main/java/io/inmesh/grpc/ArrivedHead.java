package io.inmesh.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.inmesh.call.BodyStart;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The head of a call that arrives, and the way to what follows it. */
final class ArrivedHead<ReqT> extends GrpcRequestHead {
  private final ServerCall<ReqT, ?> call;
  private @Nullable RequestStart<ReqT> start;

  ArrivedHead(String scheme, String authority, Metadata headers, ServerCall<ReqT, ?> call) {
    super(scheme, authority, call.getMethodDescriptor().getFullMethodName(), headers);
    this.call = call;
  }

  @Override
  public CompletionStage<BodyStart> body(int limit) {
    RequestStart<ReqT> reading = start;
    if (reading == null) {
      reading = new RequestStart<>(call);
      start = reading;
    }
    return reading.upTo(limit);
  }

  /** Null: nobody wants to know how the request begins. */
  @Nullable RequestStart<ReqT> start() {
    return start;
  }
}
