package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.inmesh.call.Attempt;
import java.util.concurrent.Executor;

/**
 * What an application invoked, and how its streams are opened. Immutable.
 *
 * @param channel the channel it was invoked on
 * @param next gRPC's own call for a stream
 * @param method what is called
 * @param options as the application gave them
 * @param context the one it was invoked in
 */
record Invocation<ReqT, RespT>(
    MeshChannel channel,
    Channel next,
    MethodDescriptor<ReqT, RespT> method,
    CallOptions options,
    Context context) {
  // ---- streams: in the call's serial context

  /** Opens the real call of an attempt. */
  ClientCall<ReqT, RespT> open(AttemptStream<ReqT, RespT> stream, GrpcRequestHead head) {
    Metadata fields = head.metadata();
    if (stream.attempt.number() > 1 || options.getCredentials() != null) {
      // Credentials add their fields to what they are given, for each attempt anew.
      Metadata copy = new Metadata();
      copy.merge(fields);
      fields = copy;
    }
    stream.fields = fields;
    return open(stream, head, options);
  }

  /** Opens the real call of a copy, which may outlive the executor of the one it copies. */
  ClientCall<ReqT, RespT> open(ShadowStream<ReqT, RespT> stream, GrpcRequestHead copy) {
    stream.fields = copy.metadata();
    return open(stream, copy, options.withExecutor(channel.executor()));
  }

  private ClientCall<ReqT, RespT> open(
      MeshStream<ReqT, RespT> stream, GrpcRequestHead head, CallOptions options) {
    decorate(stream, head);
    // The engine keeps the deadline and watches the context's cancellation, so the stream's own
    // context has neither; otherwise gRPC would overwrite what the engine wrote.
    Context inner = context == Context.ROOT ? context : context.fork();
    Context outer = inner.attach();
    try {
      ClientCall<ReqT, RespT> real =
          next.newCall(
              CallSettings.method(method, head.path()),
              CallSettings.forStream(options, stream, channel.authority(), head.authority()));
      stream.opening(real);
      real.start(stream, stream.fields);
      return real;
    } finally {
      inner.detach(outer);
    }
  }

  /** Writes what belongs to a stream's attempt into its fields, which are not sent yet. */
  void decorate(MeshStream<ReqT, RespT> stream, GrpcRequestHead head) {
    Attempt attempt = stream.attempt;
    Metadata original = head.metadata();
    head.metadata(stream.fields);
    attempt.decorate(head);
    head.metadata(original);
    long end = attempt.call().deadlineNanos();
    if (end != Long.MAX_VALUE) {
      GrpcTimeout.write(stream.fields, end - channel.mesh().clock().nanoTime());
    }
  }

  // ---- facts

  io.inmesh.call.CallOptions forEngine() {
    return CallSettings.forEngine(method, options, context);
  }

  /** Where the application is called back. */
  Executor executor() {
    Executor executor = options.getExecutor();
    return executor == null ? channel.executor() : executor;
  }

  boolean unaryRequest() {
    return method.getType().clientSendsOneMessage();
  }

  boolean unaryResponse() {
    return method.getType().serverSendsOneMessage();
  }

  /** How many bytes a message has. */
  long sizeOf(ReqT message) {
    return MessageSize.of(method.streamRequest(message));
  }

  /** Whether a message exceeds the limit of the call, if there is one. */
  boolean tooLarge(ReqT message) {
    Integer limit = options.getMaxOutboundMessageSize();
    return limit != null && MessageSize.exceeds(limit, method.streamRequest(message));
  }
}
