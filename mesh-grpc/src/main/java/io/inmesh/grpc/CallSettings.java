package io.inmesh.grpc;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.inmesh.RequestOptions;
import java.util.concurrent.TimeUnit;

/** What an application says about a call, for the engine and for the streams of its attempts. */
final class CallSettings {
  private CallSettings() {}

  /** For the engine: the sooner deadline of options and context, idempotency, replay. */
  static io.inmesh.call.CallOptions forEngine(
      MethodDescriptor<?, ?> method, CallOptions options, Context context) {
    Deadline limit = options.getDeadline();
    Deadline inherited = context.getDeadline();
    if (limit == null || (inherited != null && inherited.isBefore(limit))) {
      limit = inherited;
    }
    return new io.inmesh.call.CallOptions(
        limit == null ? 0 : Math.max(1, limit.timeRemaining(TimeUnit.NANOSECONDS)),
        method.getType().clientSendsOneMessage(),
        request(method, options));
  }

  private static RequestOptions request(MethodDescriptor<?, ?> method, CallOptions options) {
    RequestOptions request = RequestOptions.from(io.opentelemetry.context.Context.current());
    Boolean idempotent = options.getOption(MeshChannels.IDEMPOTENT);
    if (idempotent == null
        && request.idempotent() == null
        && (method.isIdempotent() || method.isSafe())) {
      idempotent = Boolean.TRUE;
    }
    if (idempotent != null) {
      request = request.withIdempotent(idempotent);
    }
    return options.isWaitForReady() ? request.withWaitForReady(true) : request;
  }

  /** For one attempt: deadline and waiting are the engine's. */
  static CallOptions forStream(
      CallOptions options, MeshStream<?, ?> stream, String usual, String authority) {
    CallOptions mine = options.withOption(MeshStream.KEY, stream);
    if (mine.getDeadline() != null) {
      mine = mine.withDeadline(null);
    }
    if (mine.isWaitForReady()) {
      mine = mine.withoutWaitForReady();
    }
    String own = mine.getAuthority();
    return authority.equals(own == null ? usual : own) ? mine : mine.withAuthority(authority);
  }

  /** The method, or the one that the engine has rewritten its path to. */
  static <ReqT, RespT> MethodDescriptor<ReqT, RespT> method(
      MethodDescriptor<ReqT, RespT> method, String path) {
    return path.equals(GrpcRequestHead.pathOf(method.getFullMethodName()))
        ? method
        : method.toBuilder().setFullMethodName(path.substring(1)).build();
  }
}
