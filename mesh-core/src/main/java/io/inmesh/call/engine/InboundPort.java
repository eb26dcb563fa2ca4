package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.CallContext;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.Headers;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LoadReport;
import io.inmesh.call.LocalReply;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Cancellable;
import io.inmesh.control.LogThrottle;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.identity.ServerTls;
import io.inmesh.model.ServerConnectionPolicy;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.route.CanonicalPath;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Admits the requests of one port on the newest configuration. Thread-safe. */
final class InboundPort implements Inbound {
  private static final int INVALID_ARGUMENT = 3;
  private static final int DEADLINE_EXCEEDED = 4;
  private static final int NOT_FOUND = 5;
  private static final int PERMISSION_DENIED = 7;
  private static final int UNAVAILABLE = 14;
  private static final int REQUEST_TIMEOUT = 408;

  private static final System.Logger LOG = System.getLogger(InboundPort.class.getName());

  private final LogThrottle refusals = new LogThrottle(TimeUnit.SECONDS.toNanos(10));
  private final LogThrottle rejections = new LogThrottle(TimeUnit.SECONDS.toNanos(10));
  private final MeshEngine engine;
  private final int port;

  InboundPort(MeshEngine engine, int port) {
    this.engine = engine;
    this.port = port;
  }

  @Override
  public Admission admit(RequestHead head, Peer peer) {
    boolean trusted = peer.identity() != null || engine.settings.insecure();
    long now = engine.clock.nanoTime();
    long timeout = CallerTimeout.nanos(head, trusted);
    int attempt = trusted ? attempt(head.headers()) : 1;
    boolean loadWanted = trusted && head.headers().get(MeshHeaders.LOAD) != null;
    boolean repeats = trusted && head.headers().get(MeshHeaders.FIRST_SENT) != null;
    strip(head.headers(), trusted);
    CompiledMesh mesh = engine.mesh();
    ServerRuntime server = mesh.servers.get(port);
    Context current = Context.current();
    Context context =
        CallContext.withPeer(engine.propagation.extract(current, head.headers()), peer);
    Span span =
        engine.spans.server(context, !Span.fromContext(current).getSpanContext().isValid(), head);
    if (span != null) {
      context = context.with(span);
    }
    long deadline = timeout == Long.MAX_VALUE ? Long.MAX_VALUE : now + timeout;
    if (deadline != Long.MAX_VALUE) {
      context = CallContext.withDeadline(context, deadline);
    }
    MeshInboundCall call =
        new MeshInboundCall(engine, head, peer, context, span, attempt, loadWanted, repeats, now);
    call.governedBy(server);
    if (timeout <= 0) {
      return call.deny(
          504, DEADLINE_EXCEEDED, "the caller's deadline had passed", Reason.DEADLINE_EXCEEDED);
    }
    if (server == null && !engine.settings.insecure() && peer.identity() != null) {
      // It is called before it has heard what applies: a moment after it has registered.
      long limit = Math.min(engine.settings.readyTimeout().toNanos(), deadline - now);
      return new Admission.Pending(
          engine
              .awaitServer(port, limit)
              .thenCompose(
                  known -> {
                    ServerRuntime late = engine.mesh().servers.get(port);
                    call.governedBy(late);
                    return whole(decide(call, head, peer, late));
                  }));
    }
    return decide(call, head, peer, server);
  }

  private Admission decide(
      MeshInboundCall call, RequestHead head, Peer peer, @Nullable ServerRuntime server) {
    ServerPlan plan;
    if (server == null) {
      if (!engine.settings.insecure() || engine.mesh().problems.containsKey("port " + port)) {
        return call.deny(
            503,
            UNAVAILABLE,
            "no valid policy for port " + port + " is known yet",
            Reason.NOT_READY);
      }
      plan = ServerPlan.OPEN;
    } else if (server.model.tls().mode() == ServerTlsPolicy.Mode.STRICT
        && peer.identity() == null) {
      return call.deny(
          403, PERMISSION_DENIED, "port " + port + " accepts mutual TLS only", Reason.DENIED);
    } else {
      if (head.kind() == RequestHead.Kind.HTTP && !normalize(head, server)) {
        return call.deny(400, INVALID_ARGUMENT, "the path is ambiguous", Reason.PROTOCOL_ERROR);
      }
      plan = server.find(head, engine.random);
      if (plan == null) {
        return call.deny(404, NOT_FOUND, "no route matches", Reason.NO_ROUTE);
      }
    }
    return plan.chain().isEmpty() ? allowed(call) : decided(call, call.run(plan));
  }

  @Override
  public Admission dispatch(RequestHead head, Peer peer, InboundCall admitted) {
    ServerRuntime server = engine.mesh().servers.get(port);
    if (server == null) {
      // In insecure mode it was admitted without policies; else there were some, and they are gone.
      return engine.settings.insecure()
          ? new Admission.Allowed(admitted)
          : new Admission.Denied(
              reply(503, UNAVAILABLE, "no valid policy is known any more", Reason.NOT_READY));
    }
    if (head.kind() == RequestHead.Kind.HTTP && !normalize(head, server)) {
      return new Admission.Denied(
          reply(400, INVALID_ARGUMENT, "the path is ambiguous", Reason.PROTOCOL_ERROR));
    }
    ServerPlan plan = server.find(head, engine.random);
    if (plan == null) {
      return new Admission.Denied(reply(404, NOT_FOUND, "no route matches", Reason.NO_ROUTE));
    }
    FilterRun run =
        new FilterRun(plan.guards(), Side.SERVER, head, admitted.context(), peer, plan.route(), "");
    return dispatched(run, run.advance(), admitted);
  }

  private static Admission dispatched(FilterRun run, Step step, InboundCall admitted) {
    if (step instanceof Step.Later later) {
      CompletionStage<Admission> result =
          later
              .step()
              .handle(run::resume)
              .thenCompose(next -> whole(dispatched(run, next, admitted)));
      return new Admission.Pending(result);
    }
    return step instanceof Step.Answer answer
        ? new Admission.Denied(answer.reply())
        : new Admission.Allowed(admitted);
  }

  /** A repetition that relies on keys is not executed where no filter knows them. */
  private static Admission allowed(MeshInboundCall call) {
    return call.repeats() && call.recorder() == null
        ? call.deny(
            409,
            GrpcStatus.ABORTED,
            "this request may have been executed before, and idempotency keys are not known here",
            Reason.DENIED)
        : call.allowed();
  }

  @Override
  public LoadReport load() {
    return engine.load.report();
  }

  @Override
  public ServerConnectionPolicy connections() {
    ServerRuntime server = engine.mesh().servers.get(port);
    return server == null ? ServerConnectionPolicy.NONE : server.model.connections();
  }

  @Override
  public ServerTls tls() {
    ServerTlsPolicy policy = engine.mesh().serverTls.get(port);
    if (policy == null) {
      policy = engine.settings.insecure() ? ServerTlsPolicy.DISABLED : ServerTlsPolicy.STRICT;
    }
    return engine.tls().server(policy);
  }

  @Override
  public Cancellable watchTls(Runnable changed) {
    return engine.watchServerTls(changed);
  }

  /** Whether the path could be brought into the form that everything after this relies on. */
  private static boolean normalize(RequestHead head, ServerRuntime server) {
    String path = head.path();
    String canonical = CanonicalPath.of(path, server.model.paths());
    if (canonical != null && !canonical.equals(path)) {
      head.path(canonical);
    }
    return canonical != null;
  }

  /** Which try of the caller's call it is, as the caller says; 1 if it does not. */
  private static int attempt(Headers headers) {
    String said = headers.get(MeshHeaders.ATTEMPT_COUNT);
    return said == null || said.equals("1") || said.isEmpty() || said.length() > 4 ? 1 : 2;
  }

  @Override
  public void refused(Refusal why, @Nullable SocketAddress peer, @Nullable Throwable cause) {
    engine.metrics.connectionRefused(port, why);
    long left = refusals.permit(System.nanoTime());
    if (left >= 0) {
      LOG.log(
          Level.WARNING,
          "port {0,number,#}: the connection of {1} was refused: {2} ({3} more since last time)",
          port,
          peer,
          cause == null ? why.meaning() : rootMessage(cause),
          left);
    }
  }

  @Override
  public void rejected(int status, Peer peer, long nanos) {
    Reason reason = status == REQUEST_TIMEOUT ? Reason.IDLE_TIMEOUT : Reason.PROTOCOL_ERROR;
    engine.metrics.rejected(engine.metrics.from(peer), status, reason, nanos);
    long left = rejections.permit(System.nanoTime());
    if (left >= 0) {
      LOG.log(
          Level.INFO,
          "port {0,number,#}: a request of {1} was {2} before it was admitted: malformed, too large"
              + " or too slow ({3} more since last time)",
          port,
          peer.address(),
          status == 0 ? "reset" : "answered with " + status,
          left);
    }
  }

  /** BoringSSL's exceptions say nothing themselves. */
  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }

  private static Admission decided(MeshInboundCall call, Step step) {
    if (step instanceof Step.Next) {
      return allowed(call);
    }
    if (step instanceof Step.Answer answer) {
      return call.deny(answer.reply());
    }
    if (step instanceof Step.Replay replay) {
      return call.replay(replay.response());
    }
    CompletionStage<Admission> later =
        ((Step.Later) step)
            .step()
            .handle(call::resume)
            .thenCompose(next -> whole(decided(call, next)));
    return new Admission.Pending(later);
  }

  /** Several filters may each take their time: who waits for the admission waits once for all. */
  private static CompletionStage<Admission> whole(Admission admission) {
    return admission instanceof Admission.Pending pending
        ? pending.result()
        : CompletableFuture.completedFuture(admission);
  }

  /** Removes what only mesh peers may say, and what is for the engine alone. */
  private static void strip(Headers headers, boolean trusted) {
    headers.remove(MeshHeaders.TIMEOUT_MS);
    headers.remove(MeshHeaders.LOAD);
    headers.remove(MeshHeaders.FORWARDED_CLIENT_CERT);
    if (trusted) {
      return;
    }
    headers.remove(MeshHeaders.ATTEMPT_COUNT);
    AttemptHeaders.OwnFields own = new AttemptHeaders.OwnFields();
    headers.forEach(own);
    if (own.names != null) {
      own.names.forEach(headers::remove);
    }
  }

  /** A reply of this side's own. */
  static LocalReply reply(int status, int grpcStatus, String text, Reason reason) {
    return new LocalReply(status, grpcStatus, List.of(), text, reason);
  }
}
