package io.inmesh.grpc;

import io.inmesh.call.InboundCall;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.context.Context;

/** An admitted call of which nothing is asked. */
final class OpenCall implements InboundCall {
  @Override
  public Context context() {
    return Context.root();
  }

  @Override
  public long deadlineNanos() {
    return Long.MAX_VALUE;
  }

  @Override
  public void response(ResponseHead head) {}

  @Override
  public void finish(int status, int grpcStatus) {}
}
