package io.inmesh.telemetry;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Spans by OpenTelemetry's conventions: one for a call as the application sees it, one for each
 * attempt below it, one for an inbound request. Null stands for no span, everywhere; nothing is
 * made while nobody records. Thread-safe.
 */
public final class CallSpans {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<Long> RESENDS =
      AttributeKey.longKey("http.request.resend_count");
  private static final AttributeKey<String> RPC_SYSTEM = AttributeKey.stringKey("rpc.system");
  private static final AttributeKey<String> RPC_SERVICE = AttributeKey.stringKey("rpc.service");
  private static final AttributeKey<String> RPC_METHOD = AttributeKey.stringKey("rpc.method");
  private static final AttributeKey<Long> RPC_STATUS = AttributeKey.longKey("rpc.grpc.status_code");
  private static final AttributeKey<String> SERVER = AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<String> URL_SCHEME = AttributeKey.stringKey("url.scheme");
  private static final AttributeKey<String> URL_PATH = AttributeKey.stringKey("url.path");
  private static final AttributeKey<String> URL_FULL = AttributeKey.stringKey("url.full");
  private static final AttributeKey<String> CLUSTER = AttributeKey.stringKey("inmesh.cluster");
  private static final AttributeKey<String> PEER = AttributeKey.stringKey("network.peer.address");
  private static final AttributeKey<Long> PEER_PORT = AttributeKey.longKey("network.peer.port");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final Tracer tracer;

  /** Spans of one process. */
  public CallSpans(OpenTelemetry telemetry) {
    this.tracer = telemetry.getTracer(InstrumentNames.SCOPE);
  }

  /** Whether anybody records. */
  public boolean enabled() {
    return tracer.isEnabled();
  }

  /** The span of a whole outbound call. */
  public @Nullable Span call(Context parent, RequestHead head) {
    return enabled() ? start(name(head), SpanKind.INTERNAL, parent, head) : null;
  }

  /** The span of one attempt; null as well where the call's own is not recorded. */
  public @Nullable Span attempt(
      @Nullable Span call, Context parent, RequestHead head, String cluster, int number) {
    if (call == null || !call.isRecording()) {
      return null;
    }
    Span span = start(name(head), SpanKind.CLIENT, parent.with(call), head);
    span.setAttribute(CLUSTER, cluster);
    if (number > 1) {
      span.setAttribute(RESENDS, (long) (number - 1));
    }
    return span;
  }

  /** Where an attempt goes. */
  public void target(@Nullable Span attempt, String host, int port) {
    if (attempt != null) {
      attempt.setAttribute(PEER, host);
      attempt.setAttribute(PEER_PORT, (long) port);
    }
  }

  /** The span of an inbound request; null as well where the server's framework made one. */
  public @Nullable Span server(Context parent, boolean remote, RequestHead head) {
    return enabled() && remote ? start(name(head), SpanKind.SERVER, parent, head) : null;
  }

  /**
   * Starts a span. Samplers that look at attributes see them where the decision is open: a trace
   * that is not recorded so far stays so, and most requests of most meshes are of that kind.
   */
  private Span start(String name, SpanKind kind, Context parent, RequestHead head) {
    SpanBuilder builder = tracer.spanBuilder(name).setSpanKind(kind).setParent(parent);
    SpanContext trace = Span.fromContext(parent).getSpanContext();
    if (trace.isValid() && !trace.isSampled()) {
      Span span = builder.startSpan();
      if (span.isRecording()) {
        describe(kind, head, span::setAttribute);
      }
      return span;
    }
    describe(kind, head, builder::setAttribute);
    return builder.startSpan();
  }

  /** Takes one attribute. */
  private interface Attributed {
    <T> Object set(AttributeKey<T> key, T value);
  }

  private static void describe(SpanKind kind, RequestHead head, Attributed to) {
    if (head.kind() == RequestHead.Kind.GRPC) {
      String path = head.path();
      int slash = path.indexOf('/', 1);
      to.set(RPC_SYSTEM, "grpc");
      if (slash > 0) {
        to.set(RPC_SERVICE, path.substring(1, slash));
        to.set(RPC_METHOD, path.substring(slash + 1));
      }
    } else {
      to.set(METHOD, head.method());
      to.set(URL_SCHEME, head.scheme());
      to.set(URL_PATH, pathOf(head));
      if (kind != SpanKind.SERVER) {
        to.set(URL_FULL, head.scheme() + "://" + head.authority() + pathOf(head));
      }
    }
    server(head.authority(), to);
  }

  /** Without the query, which may hold what is secret. */
  private static String pathOf(RequestHead head) {
    int query = head.path().indexOf('?');
    return query < 0 ? head.path() : head.path().substring(0, query);
  }

  private static void server(String authority, Attributed to) {
    int colon = authority.lastIndexOf(':');
    if (colon < 0 || colon < authority.indexOf(']')) {
      to.set(SERVER, authority);
      return;
    }
    to.set(SERVER, authority.substring(0, colon));
    try {
      to.set(SERVER_PORT, Long.parseLong(authority, colon + 1, authority.length(), 10));
    } catch (NumberFormatException e) {
      // Somebody sent that; the host is told all the same.
    }
  }

  private static String name(RequestHead head) {
    return head.kind() == RequestHead.Kind.GRPC && head.path().length() > 1
        ? head.path().substring(1)
        : head.method();
  }

  /** Ends a span. */
  public void end(
      @Nullable Span span, int status, int grpcStatus, @Nullable Reason reason, boolean server) {
    if (span == null || !span.isRecording()) {
      return;
    }
    if (grpcStatus != ResponseHead.NO_GRPC_STATUS) {
      span.setAttribute(RPC_STATUS, (long) grpcStatus);
    } else if (status > 0) {
      span.setAttribute(STATUS, (long) status);
    }
    boolean failed = reason != null || grpcStatus > 0 || status >= (server ? 500 : 400);
    if (reason != null) {
      span.setAttribute(ERROR, reason.name());
    }
    if (failed) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
