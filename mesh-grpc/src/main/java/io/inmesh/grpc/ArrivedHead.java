package io.inmesh.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.inmesh.call.BodyStart;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The head of a call that arrives, and the way to what follows it. */
final class ArrivedHead<ReqT> extends GrpcRequestHead {
  private static final VarHandle START;

  static {
    try {
      START = MethodHandles.lookup().findVarHandle(ArrivedHead.class, "start", RequestStart.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ServerCall<ReqT, ?> call;
  private volatile @Nullable RequestStart<ReqT> start;

  ArrivedHead(String scheme, String authority, Metadata headers, ServerCall<ReqT, ?> call) {
    super(scheme, authority, call.getMethodDescriptor().getFullMethodName(), headers);
    this.call = call;
  }

  @Override
  public CompletionStage<BodyStart> body(int limit) {
    return reading().upTo(limit);
  }

  /** Reads the request before its handler does; whoever asks first, on whatever thread. */
  @SuppressWarnings("unchecked") // nothing else is ever put there
  RequestStart<ReqT> reading() {
    RequestStart<ReqT> known = start;
    if (known != null) {
      return known;
    }
    RequestStart<ReqT> made = new RequestStart<>(call);
    RequestStart<ReqT> other = (RequestStart<ReqT>) START.compareAndExchange(this, null, made);
    return other == null ? made : other;
  }

  /** Null: nobody wants to know how the request begins. */
  @Nullable RequestStart<ReqT> start() {
    return start;
  }
}
