package io.inmesh.xds;

import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.inmesh.model.FaultInjection;
import org.jspecify.annotations.Nullable;

/** Fault injection. */
final class FaultDecoder {
  private final Decoding decoding;
  private final MatchDecoder matches;

  FaultDecoder(Decoding decoding, MatchDecoder matches) {
    this.decoding = decoding;
    this.matches = matches;
  }

  FaultInjection fault(HTTPFault fault, FieldPath path) throws Rejection {
    return new FaultInjection(
        fault.hasDelay() ? delay(fault.getDelay(), path.field("delay")) : null,
        fault.hasAbort() ? abort(fault.getAbort(), path.field("abort")) : null,
        matches.headers(fault.getHeadersList(), path, "headers"),
        fault.getUpstreamCluster(),
        decoding.saturated(fault.hasMaxActiveFaults(), fault.getMaxActiveFaults(), -1));
  }

  private FaultInjection.@Nullable Delay delay(FaultDelay delay, FieldPath path) throws Rejection {
    return switch (delay.getFaultDelaySecifierCase()) {
      case FIXED_DELAY ->
          new FaultInjection.Delay(
              decoding.duration(delay.getFixedDelay(), path.field("fixed_delay")),
              MatchDecoder.fraction(delay.getPercentage(), path.field("percentage")));
      case HEADER_DELAY ->
          new FaultInjection.Delay(
              null, MatchDecoder.fraction(delay.getPercentage(), path.field("percentage")));
      case FAULTDELAYSECIFIER_NOT_SET ->
          throw new Rejection(path, "needs fixed_delay or header_delay");
    };
  }

  private static FaultInjection.Abort abort(FaultAbort abort, FieldPath path) throws Rejection {
    var share = MatchDecoder.fraction(abort.getPercentage(), path.field("percentage"));
    return switch (abort.getErrorTypeCase()) {
      case HTTP_STATUS -> {
        if (abort.getHttpStatus() < 200 || abort.getHttpStatus() > 599) {
          throw new Rejection(path.field("http_status"), "must be from 200 to 599");
        }
        yield new FaultInjection.Abort(abort.getHttpStatus(), -1, share);
      }
      case GRPC_STATUS -> {
        if (abort.getGrpcStatus() < 0 || abort.getGrpcStatus() > 16) {
          throw new Rejection(path.field("grpc_status"), "must be from 0 to 16");
        }
        yield new FaultInjection.Abort(0, abort.getGrpcStatus(), share);
      }
      case HEADER_ABORT -> new FaultInjection.Abort(0, -1, share);
      case ERRORTYPE_NOT_SET ->
          throw new Rejection(path, "needs http_status, grpc_status or header_abort");
    };
  }
}
