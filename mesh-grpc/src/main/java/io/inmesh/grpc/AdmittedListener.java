package io.inmesh.grpc;

import io.grpc.Context;
import io.grpc.ServerCall;
import io.inmesh.call.InboundCall;
import io.opentelemetry.context.Scope;

/** Runs a handler with the call's trace, deadline and peer as its context. */
@SuppressWarnings("try") // scopes are closed, not used
final class AdmittedListener<ReqT> extends ServerCall.Listener<ReqT> {
  private final ServerCall.Listener<ReqT> handler;
  private final AdmittedCall<?, ?> call;
  private final Context context;
  private final io.opentelemetry.context.Context trace;

  AdmittedListener(
      ServerCall.Listener<ReqT> handler,
      AdmittedCall<?, ?> call,
      Context context,
      InboundCall admitted) {
    this.handler = handler;
    this.call = call;
    this.context = context;
    this.trace = admitted.context();
  }

  @Override
  public void onMessage(ReqT message) {
    Context before = context.attach();
    try (Scope scope = trace.makeCurrent()) {
      handler.onMessage(message);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onHalfClose() {
    call.received();
    Context before = context.attach();
    try (Scope scope = trace.makeCurrent()) {
      handler.onHalfClose();
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onReady() {
    Context before = context.attach();
    try (Scope scope = trace.makeCurrent()) {
      handler.onReady();
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onCancel() {
    if (call.goesOnAlone()) {
      return;
    }
    Context before = context.attach();
    try (Scope scope = trace.makeCurrent()) {
      handler.onCancel();
    } finally {
      context.detach(before);
      call.callerGone();
    }
  }

  @Override
  public void onComplete() {
    Context before = context.attach();
    try (Scope scope = trace.makeCurrent()) {
      handler.onComplete();
    } finally {
      context.detach(before);
      // Not finished yet: the handler threw and gRPC answered for it.
      call.broken();
    }
  }
}
