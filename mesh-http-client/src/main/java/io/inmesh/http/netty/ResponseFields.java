package io.inmesh.http.netty;

import io.inmesh.call.ResponseHead;

/**
 * A response head.
 *
 * @param status from 200 to 999
 * @param headers lower-case names
 */
public record ResponseFields(int status, Fields headers) implements ResponseHead {
  @Override
  public int grpcStatus() {
    return NO_GRPC_STATUS;
  }
}
