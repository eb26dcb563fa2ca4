package io.inmesh.grpc;

import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;

/**
 * Runs an application's listener in the context its call was made in, so that the calls it makes
 * inherit deadline and cancellation. gRPC itself would give it the stream's context, which has
 * neither.
 */
final class ContextListener<RespT> extends ClientCall.Listener<RespT> {
  private final ClientCall.Listener<RespT> listener;
  private final Context context;

  ContextListener(ClientCall.Listener<RespT> listener, Context context) {
    this.listener = listener;
    this.context = context;
  }

  @Override
  public void onHeaders(Metadata headers) {
    Context before = context.attach();
    try {
      listener.onHeaders(headers);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onMessage(RespT message) {
    Context before = context.attach();
    try {
      listener.onMessage(message);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    Context before = context.attach();
    try {
      listener.onClose(status, trailers);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onReady() {
    Context before = context.attach();
    try {
      listener.onReady();
    } finally {
      context.detach(before);
    }
  }
}
