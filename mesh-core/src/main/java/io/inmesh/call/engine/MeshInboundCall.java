package io.inmesh.call.engine;

import static io.inmesh.call.ResponseHead.NO_GRPC_STATUS;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.CallContext;
import io.inmesh.call.Headers;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.call.StoredResponse;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.telemetry.AccessLogEntry;
import io.inmesh.telemetry.AccessLogs;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One inbound request. Confined to its serial context, but for {@link #finish}. */
final class MeshInboundCall implements InboundCall {
  private static final ContextKey<MeshInboundCall> KEY = ContextKey.named("inmesh-inbound");
  private static final VarHandle CALLS;
  private static final VarHandle FINISHED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      CALLS = lookup.findVarHandle(MeshInboundCall.class, "calls", Set.class);
      FINISHED = lookup.findVarHandle(MeshInboundCall.class, "finished", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final MeshEngine engine;
  private final @Nullable Span span;
  private final RequestHead head;
  private final Peer peer;
  private final Context context;
  private final long begun;
  private volatile @Nullable FilterRun run;

  /** Which attempt of its caller's call it is, from 1. */
  private final int attempt;

  /** Whether the caller's balancer wants to know how loaded this process is. */
  private final boolean loadWanted;

  /** Whether it may have been executed here before, and its sender relies on idempotency keys. */
  private final boolean repeats;

  /** The outbound calls that are made for it and not over; null: there was none yet. */
  private volatile @Nullable Set<MeshCall> calls;

  /** What is written when it ends; null: nothing. */
  private @Nullable AccessLogs accessLogs;

  private volatile boolean finished;
  private volatile boolean cancelled;

  /** Whether a call made for it failed although everything was done that retries can do. */
  private volatile boolean retriesSpent;

  MeshInboundCall(
      MeshEngine engine,
      RequestHead head,
      Peer peer,
      Context context,
      @Nullable Span span,
      int attempt,
      boolean loadWanted,
      boolean repeats,
      long begun) {
    this.engine = engine;
    this.span = span;
    this.head = head;
    this.peer = peer;
    this.context = context.with(KEY, this);
    this.attempt = attempt;
    this.loadWanted = loadWanted;
    this.repeats = repeats;
    this.begun = begun;
  }

  /** The request that work in a context is done for; null: none. */
  static @Nullable MeshInboundCall of(Context context) {
    return context.get(KEY);
  }

  // ---- what is done for it ----

  int attempt() {
    return attempt;
  }

  boolean repeats() {
    return repeats;
  }

  /** A call begins; false: it must not, the request was cancelled. */
  boolean join(MeshCall call) {
    calls().add(call);
    if (cancelled) {
      leave(call);
      return false;
    }
    return true;
  }

  void leave(MeshCall call) {
    Set<MeshCall> known = calls;
    if (known != null) {
      known.remove(call);
    }
  }

  private Set<MeshCall> calls() {
    Set<MeshCall> known = calls;
    if (known == null) {
      CALLS.compareAndSet(this, null, ConcurrentHashMap.newKeySet());
      known = Objects.requireNonNull(calls);
    }
    return known;
  }

  void retriesSpent() {
    retriesSpent = true;
  }

  @Override
  public void cancel() {
    if (finished) {
      return;
    }
    cancelled = true;
    Set<MeshCall> known = calls;
    if (known != null) {
      known.forEach(MeshCall::callerGone);
    }
  }

  // ---- the request itself ----

  /** What its port says of requests that end. */
  void governedBy(@Nullable ServerRuntime server) {
    if (server != null) {
      accessLogs = server.accessLogs;
    }
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
    FilterRun current = run;
    ResponseRecorder recorder = recorder();
    if (recorder != null) {
      recorder.forget();
    }
    LocalReply answer = current == null ? reply : LocalHead.through(current, reply);
    boolean grpc = head.kind() == RequestHead.Kind.GRPC;
    over(grpc ? 200 : reply.status(), grpc ? reply.grpcStatus() : NO_GRPC_STATUS, reply.reason());
    return new Admission.Denied(answer);
  }

  /** The answer is one that was recorded before. */
  Admission replay(StoredResponse response) {
    return new Admission.Replayed(this, response);
  }

  @Override
  public @Nullable ResponseRecorder recorder() {
    FilterRun current = run;
    return current == null ? null : current.recorder();
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
      last(response.headers());
    }
  }

  @Override
  public void trailers(Headers trailers) {
    last(trailers);
  }

  /** The fields that the caller's side of the mesh looks at: in the head, or gRPC's trailers. */
  private void last(Headers headers) {
    if (loadWanted) {
      engine.load.write(headers, head.kind() == RequestHead.Kind.GRPC);
    }
    if (retriesSpent) {
      headers.set(MeshHeaders.RETRY, MeshHeaders.NO_RETRY);
    }
  }

  @Override
  public void finish(int status, int grpcStatus) {
    over(status, grpcStatus, status == 0 ? Reason.CANCELLED : null);
  }

  private void over(int status, int grpcStatus, @Nullable Reason reason) {
    if (!FINISHED.compareAndSet(this, false, true)) {
      return;
    }
    engine.load.answered(status >= 500 || grpcStatus > 0);
    FilterRun current = run;
    if (current != null) {
      current.end(new Ending(status, grpcStatus, reason));
    }
    long nanos = engine.clock.nanoTime() - begun;
    engine.metrics.server(
        engine.metrics.from(peer), head, status, grpcStatus, reason, nanos, context);
    AccessLogs logs = accessLogs;
    if (logs != null) {
      logs.write(entry(status, grpcStatus, reason, nanos), engine.random, engine.accessLog);
    }
    engine.spans.end(span, status, grpcStatus, reason, true);
  }

  private AccessLogEntry entry(int status, int grpcStatus, @Nullable Reason reason, long nanos) {
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    return new AccessLogEntry(
        head,
        null,
        peer,
        engine.clock.epochMillis() - millis,
        millis,
        status,
        grpcStatus,
        reason,
        "",
        "",
        null,
        1,
        Span.fromContext(context).getSpanContext());
  }
}
