package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended.
 *
 * @param status HTTP status; 0: there was none
 * @param grpcStatus gRPC status, or {@link io.inmesh.call.ResponseHead#NO_GRPC_STATUS}
 * @param reason why it failed; null: it did not
 */
public record Ending(int status, int grpcStatus, @Nullable Reason reason) {}
