package io.inmesh.grpc;

import io.grpc.Metadata;
import io.inmesh.call.Headers;
import io.inmesh.call.ResponseHead;

/** A gRPC response's head, or the trailers of a response that consists of nothing else. */
final class GrpcResponseHead extends MetadataHeaders implements ResponseHead {
  private final int grpcStatus;

  GrpcResponseHead(Metadata metadata, int grpcStatus) {
    super(metadata);
    this.grpcStatus = grpcStatus;
  }

  @Override
  public int status() {
    return 200;
  }

  @Override
  public int grpcStatus() {
    return grpcStatus;
  }

  @Override
  public Headers headers() {
    return this;
  }
}
