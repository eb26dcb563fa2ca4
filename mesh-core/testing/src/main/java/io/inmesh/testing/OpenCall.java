package io.inmesh.testing;

import io.inmesh.call.InboundCall;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.context.Context;

/** An admitted request of which nothing is asked, for transports without an engine. */
public class OpenCall implements InboundCall {
  /** A request. */
  public OpenCall() {}

  @Override
  public Context context() {
    return Context.current();
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
