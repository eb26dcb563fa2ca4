package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.inmesh.wire.route.v1.FixedStatus;
import io.inmesh.wire.route.v1.RetrySafety;

/** Our own extensions of routes; only our own clients get them. */
final class OwnExtensions {
  /** On a weighted cluster. */
  static final String FIXED_STATUS = "inmesh.fixed_status";

  /** On a route. */
  static final String RETRY = "inmesh.retry";

  private OwnExtensions() {}

  static Any fixedStatus(int status, String reason) {
    return optional(FixedStatus.newBuilder().setHttpStatus(status).setReason(reason).build());
  }

  static Any nonIdempotentAllowed() {
    return optional(RetrySafety.newBuilder().setNonIdempotentAllowed(true).build());
  }

  private static Any optional(Message config) {
    return Any.pack(
        FilterConfig.newBuilder().setIsOptional(true).setConfig(Any.pack(config)).build());
  }
}
