package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.inmesh.wire.filters.v1.IdempotencyKeys;
import io.inmesh.wire.filters.v1.InFlightLimit;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The settings of the filters every process has, by the type of their configuration. */
final class BuiltInFilterDecoder {
  /** Turns one type of message into settings. */
  @FunctionalInterface
  private interface Reader<M extends Message> {
    Object read(M message, FieldPath path) throws Rejection;
  }

  /** A type of message and who reads it. */
  private record Known<M extends Message>(Class<M> type, Reader<M> reader) {
    Object read(Any any, Decoding decoding, FieldPath path) throws Rejection {
      return reader.read(decoding.unpack(any, type, path), path);
    }
  }

  private final Decoding decoding;
  private final Map<String, Known<?>> known = new HashMap<>();

  BuiltInFilterDecoder(Decoding decoding, HeaderDecoder headers) {
    this.decoding = decoding;
    MatchDecoder matches = new MatchDecoder(decoding);
    FaultDecoder faults = new FaultDecoder(decoding, matches);
    RateLimitDecoder limits = new RateLimitDecoder(decoding, matches, headers);
    OverloadDecoder overload = new OverloadDecoder(decoding);
    add(HTTPFault.class, faults::fault);
    add(LocalRateLimit.class, limits::limit);
    add(AdmissionControl.class, overload::admission);
    add(AdaptiveConcurrency.class, overload::concurrency);
    add(InFlightLimit.class, overload::inFlight);
    add(IdempotencyKeys.class, overload::keys);
  }

  private <M extends Message> void add(Class<M> type, Reader<M> reader) {
    known.put("type.googleapis.com/" + MessageTypes.name(type), new Known<>(type, reader));
  }

  /** Whether a type is one of these. */
  boolean knows(Any any) {
    return known.containsKey(any.getTypeUrl());
  }

  /** The settings of one of these. */
  Object settings(Any any, FieldPath path) throws Rejection {
    return Objects.requireNonNull(known.get(any.getTypeUrl())).read(any, decoding, path);
  }
}
