package io.inmesh.grpc;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.inmesh.call.InboundCall;
import io.inmesh.call.ResponseHead;

/** Tells the engine how an admitted call is answered. */
final class AdmittedCall<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
  private final InboundCall admitted;
  private final Context context;
  private boolean headersSent;
  private volatile boolean finished;

  AdmittedCall(ServerCall<ReqT, RespT> call, InboundCall admitted, Context context) {
    super(call);
    this.admitted = admitted;
    this.context = context;
  }

  @Override
  public void sendHeaders(Metadata headers) {
    headersSent = true;
    admitted.response(new GrpcResponseHead(headers, ResponseHead.NO_GRPC_STATUS));
    super.sendHeaders(headers);
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (!headersSent) {
      admitted.response(new GrpcResponseHead(trailers, status.getCode().value()));
    }
    super.close(status, trailers);
    finish(200, status.getCode().value());
  }

  /** The call ended, if it had not been answered. */
  void finish(int status, int grpcStatus) {
    if (!finished) {
      finished = true;
      admitted.finish(status, grpcStatus);
      if (context instanceof Context.CancellableContext mine) {
        mine.cancel(null);
      }
    }
  }

  /** The handler threw: gRPC answers UNKNOWN. */
  void broken() {
    finish(200, Status.Code.UNKNOWN.value());
  }
}
