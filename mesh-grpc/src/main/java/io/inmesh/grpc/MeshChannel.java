package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.inmesh.Mesh;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What the calls of one channel share. As an interceptor it stands between gRPC's choice of a
 * configuration and the real call.
 *
 * @param mesh the process's
 * @param authority what the application called the service: host and optional port
 * @param connections to the service's endpoints
 * @param scheduler for timers
 * @param executor for calls that name none
 * @param replays how much of requests is kept
 */
record MeshChannel(
    Mesh mesh,
    String authority,
    Connections connections,
    ScheduledExecutorService scheduler,
    Executor executor,
    ReplayBudget replays)
    implements ClientInterceptor {
  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    return new MeshCall<>(new Invocation<>(this, next, method, options, Context.current()));
  }
}
