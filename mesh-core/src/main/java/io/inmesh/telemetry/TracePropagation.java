package io.inmesh.telemetry;

import io.inmesh.call.Headers;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import org.jspecify.annotations.Nullable;

/**
 * Carries trace context from inbound requests to the calls made on their behalf, in the format
 * OpenTelemetry is set up with; W3C's where it is not set up at all, so that traces stay whole even
 * across processes that record nothing. Thread-safe.
 */
public final class TracePropagation {
  private static final TextMapSetter<Headers> SETTER =
      (headers, name, value) -> {
        if (headers != null) {
          headers.set(name, value);
        }
      };

  private static final TextMapGetter<Headers> GETTER =
      new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable Headers headers, String name) {
          return headers == null ? null : headers.get(name);
        }
      };

  private final TextMapPropagator propagator;

  /** With the propagators of an OpenTelemetry. */
  public TracePropagation(OpenTelemetry telemetry) {
    TextMapPropagator configured = telemetry.getPropagators().getTextMapPropagator();
    propagator =
        configured == TextMapPropagator.noop()
            ? W3CTraceContextPropagator.getInstance()
            : configured;
  }

  /** Writes a context's trace into headers, replacing what is there; leaves them if it has none. */
  public void inject(Context context, Headers headers) {
    propagator.inject(context, headers, SETTER);
  }

  /** A context with the trace of headers; one that has a span already stays as it is. */
  public Context extract(Context context, Headers headers) {
    return Span.fromContext(context).getSpanContext().isValid()
        ? context
        : propagator.extract(context, headers, GETTER);
  }
}
