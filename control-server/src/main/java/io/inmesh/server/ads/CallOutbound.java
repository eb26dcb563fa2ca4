package io.inmesh.server.ads;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/** The sending half of a gRPC call. */
record CallOutbound(ServerCall<?, ResponseBytes> call) implements AdsOutbound {
  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void send(ResponseBytes response) {
    if (!call.isCancelled()) {
      call.sendMessage(response);
    }
  }

  @Override
  public void requestNext() {
    call.request(1);
  }

  @Override
  public void close(Status status) {
    if (!call.isCancelled()) {
      call.close(status, new Metadata());
    }
  }
}
