package io.inmesh.spring;

import io.inmesh.call.Headers;
import io.inmesh.call.ResponseHead;
import java.util.Set;

/** The head of a container's response that has not left, as the engine changes it. */
abstract class ContainerResponseHead implements ResponseHead, Headers {
  /** What belongs to how the response is written, not to what it says. */
  static final Set<String> FRAMING =
      Set.of("content-length", "transfer-encoding", "connection", "keep-alive");

  @Override
  public final int grpcStatus() {
    return NO_GRPC_STATUS;
  }

  @Override
  public final Headers headers() {
    return this;
  }
}
