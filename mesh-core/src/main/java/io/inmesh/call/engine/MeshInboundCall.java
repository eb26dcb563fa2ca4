package io.inmesh.call.engine;

import static io.inmesh.call.ResponseHead.NO_GRPC_STATUS;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.CallContext;
import io.inmesh.call.Headers;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One inbound request. Confined to its serial context, but for {@link #finish}. */
final class MeshInboundCall implements InboundCall {
  private final MeshEngine engine;
  private final @Nullable Span span;
  private final RequestHead head;
  private final Peer peer;
  private final Context context;
  private final long begun;
  private final AtomicBoolean finished = new AtomicBoolean();
  private volatile @Nullable FilterRun run;

  MeshInboundCall(
      MeshEngine engine,
      RequestHead head,
      Peer peer,
      Context context,
      @Nullable Span span,
      long begun) {
    this.engine = engine;
    this.span = span;
    this.head = head;
    this.peer = peer;
    this.context = context;
    this.begun = begun;
  }

  Step run(ServerPlan plan) {
    FilterRun created =
        new FilterRun(plan.chain(), Side.SERVER, head, context, peer, plan.route(), "");
    run = created;
    return created.advance();
  }

  Step resume(@Nullable Step step, @Nullable Throwable failure) {
    FilterRun current = run;
    return current == null ? Step.NEXT : current.resume(step, failure);
  }

  Admission allowed() {
    return new Admission.Allowed(this);
  }

  Admission deny(int status, int grpcStatus, String text, Reason reason) {
    return deny(InboundPort.reply(status, grpcStatus, text, reason));
  }

  Admission deny(LocalReply reply) {
    LocalReply answer = reply;
    FilterRun current = run;
    if (current != null) {
      LocalHead local = new LocalHead(reply);
      current.response(local);
      answer =
          new LocalReply(
              reply.status(), reply.grpcStatus(), local.fields(), reply.body(), reply.reason());
    }
    boolean grpc = head.kind() == RequestHead.Kind.GRPC;
    over(grpc ? 200 : reply.status(), grpc ? reply.grpcStatus() : NO_GRPC_STATUS, reply.reason());
    return new Admission.Denied(answer);
  }

  @Override
  public Context context() {
    return context;
  }

  @Override
  public long deadlineNanos() {
    return CallContext.deadlineNanos(context);
  }

  @Override
  public void response(ResponseHead response) {
    FilterRun current = run;
    if (current != null) {
      current.response(response);
    }
    if (head.kind() == RequestHead.Kind.HTTP || response.grpcStatus() != NO_GRPC_STATUS) {
      LoadReports.add(response.headers());
    }
  }

  @Override
  public void trailers(Headers trailers) {
    LoadReports.add(trailers);
  }

  @Override
  public void finish(int status, int grpcStatus) {
    over(status, grpcStatus, status == 0 ? Reason.CANCELLED : null);
  }

  private void over(int status, int grpcStatus, @Nullable Reason reason) {
    if (!finished.compareAndSet(false, true)) {
      return;
    }
    FilterRun current = run;
    if (current != null) {
      current.end(new Ending(status, grpcStatus, reason));
    }
    engine.metrics.server(
        engine.metrics.from(peer),
        head,
        status,
        grpcStatus,
        reason,
        engine.clock.nanoTime() - begun,
        context);
    engine.spans.end(span, status, grpcStatus, reason, true);
  }
}
