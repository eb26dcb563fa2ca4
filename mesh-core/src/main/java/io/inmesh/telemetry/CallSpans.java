package io.inmesh.telemetry;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
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

  /** The span of one attempt. */
  public @Nullable Span attempt(
      @Nullable Span call, Context parent, RequestHead head, String cluster, int number) {
    if (call == null) {
      return null;
    }
    Span span = start(name(head), SpanKind.CLIENT, parent.with(call), head);
    span.setAttribute("inmesh.cluster", cluster);
    if (number > 1) {
      span.setAttribute("http.request.resend_count", (long) (number - 1));
    }
    return span;
  }

  /** Where an attempt goes. */
  public void target(@Nullable Span attempt, String host, int port) {
    if (attempt != null) {
      attempt.setAttribute("network.peer.address", host);
      attempt.setAttribute("network.peer.port", (long) port);
    }
  }

  /** The span of an inbound request; null as well where the server's framework made one. */
  public @Nullable Span server(Context parent, boolean remote, RequestHead head) {
    return enabled() && remote ? start(name(head), SpanKind.SERVER, parent, head) : null;
  }

  private Span start(String name, SpanKind kind, Context parent, RequestHead head) {
    SpanBuilder builder = tracer.spanBuilder(name).setSpanKind(kind).setParent(parent);
    if (head.kind() == RequestHead.Kind.GRPC) {
      String path = head.path();
      int slash = path.indexOf('/', 1);
      builder.setAttribute("rpc.system", "grpc");
      if (slash > 0) {
        builder.setAttribute("rpc.service", path.substring(1, slash));
        builder.setAttribute("rpc.method", path.substring(slash + 1));
      }
    } else {
      builder.setAttribute("http.request.method", head.method());
    }
    builder.setAttribute("server.address", head.authority());
    return builder.startSpan();
  }

  private static String name(RequestHead head) {
    return head.kind() == RequestHead.Kind.GRPC && head.path().length() > 1
        ? head.path().substring(1)
        : head.method();
  }

  /** Ends a span. */
  public void end(
      @Nullable Span span, int status, int grpcStatus, @Nullable Reason reason, boolean server) {
    if (span == null) {
      return;
    }
    if (grpcStatus != ResponseHead.NO_GRPC_STATUS) {
      span.setAttribute("rpc.grpc.status_code", (long) grpcStatus);
    } else if (status > 0) {
      span.setAttribute("http.response.status_code", (long) status);
    }
    boolean failed = reason != null || grpcStatus > 0 || status >= (server ? 500 : 400);
    if (reason != null) {
      span.setAttribute("error.type", reason.name());
    }
    if (failed) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
